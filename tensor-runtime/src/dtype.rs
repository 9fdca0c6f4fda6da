//! The Rust types that are elements of tensors.

pub use formwork_ir::DType;
use formwork_ir::scalar;
pub use half::{bf16, f16};

mod sealed {
    pub trait Sealed {}
}

/// A type of tensor elements: f32, f64, f16, bf16, i64, i32, u8, bool.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an element type",
    note = "tensors hold f32, f64, f16, bf16, i64, i32, u8 or bool"
)]
pub trait Element: sealed::Sealed + scalar::Type + std::fmt::Debug + std::fmt::Display {
    /// The same as a value.
    const DTYPE: DType;
    /// The value as f64: exact but for large i64.
    fn to_f64(self) -> f64;
    /// The nearest value of this type.
    fn from_f64(x: f64) -> Self;
}

/// An element that arithmetic is done on: all but bool.
#[diagnostic::on_unimplemented(message = "arithmetic wants numbers, `{Self}` is not one", note = "convert with `cast`")]
pub trait Num: Element + scalar::Number {}

/// A floating-point element, the ones that have gradients.
#[diagnostic::on_unimplemented(
    message = "this wants floating-point elements, `{Self}` is not one",
    note = "convert with `cast::<f32>()`"
)]
pub trait Float: Num + scalar::Float {
    /// The nearest value to `x`: literals of generic kernels, `F::of(0.5)`.
    #[inline(always)]
    fn of(x: f64) -> Self {
        Self::from_f64(x)
    }
}

/// That the elements of a second tensor, `Self`, are those wanted beside the first.
#[diagnostic::on_unimplemented(
    message = "a tensor of `{Self}` elements where `{E}` is wanted",
    label = "elements of type `{Self}`, `{E}` wanted",
    note = "`.cast::<{E}>()` converts a tensor"
)]
pub trait SameElement<E>: Element {
    /// `X`, known once the elements are.
    type Next<X>;
}
#[diagnostic::do_not_recommend]
impl<E: Element> SameElement<E> for E {
    type Next<X> = X;
}

macro_rules! elements {
    ($($t:ty: $d:ident, $to:expr, $from:expr $(, $marker:ident)*;)*) => { $(
        impl sealed::Sealed for $t {}
        impl Element for $t {
            const DTYPE: DType = DType::$d;
            #[inline(always)]
            fn to_f64(self) -> f64 { let f: fn($t) -> f64 = $to; f(self) }
            #[inline(always)]
            fn from_f64(x: f64) -> Self { let f: fn(f64) -> $t = $from; f(x) }
        }
        $(impl $marker for $t {})*
    )* };
}

elements! {
    f32: F32, |x| x as f64, |x| x as f32, Num, Float;
    f64: F64, |x| x, |x| x, Num, Float;
    f16: F16, f16::to_f64, |x| f16::from_f32(x as f32), Num, Float;
    bf16: BF16, bf16::to_f64, |x| bf16::from_f32(x as f32), Num, Float;
    i64: I64, |x| x as f64, |x| x as i64, Num;
    i32: I32, |x| x as f64, |x| x as i32, Num;
    u8: U8, |x| x as f64, |x| x as u8, Num;
    bool: Bool, |x| x as u8 as f64, |x| x != 0.0;
}
