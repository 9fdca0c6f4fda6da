//! What may lie in the lanes of a block and in its shared memory: scalars, and arrays and tuples of them.

use half::{bf16, f16};

/// What a variable of a thread may be: a scalar, or an array or tuple of such.
///
/// # Safety
/// Bytes that are all zero are a value.
#[doc(hidden)]
pub unsafe trait Lane: Copy {}

/// What shared memory may hold: a scalar, or an array of such.
///
/// # Safety
/// Any bytes are a value if `CLEAR` is false, zero bytes are one otherwise. No padding; an alignment of at most 64.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot lie in shared memory",
    note = "shared memory holds arrays of scalars: `shared::<[f32; 32]>()`, `shared::<Array<f32, (N,)>>()`"
)]
pub unsafe trait Shared: Copy {
    /// Whether the memory is zeroed first, as some bytes are no value.
    #[doc(hidden)]
    const CLEAR: bool;
}

macro_rules! scalars {
    ($($t:ty: $clear:literal)*) => { $(
        // SAFETY: zero is a value.
        unsafe impl Lane for $t {}
        // SAFETY: any bytes are such a number; a bool is zeroed.
        unsafe impl Shared for $t {
            const CLEAR: bool = $clear;
        }
    )* };
}
scalars! {
    f32: false f64: false f16: false bf16: false i32: false i64: false u8: false u32: false u64: false usize: false
    bool: true
}

macro_rules! tuples {
    ($(($($t:ident)*))*) => { $(
        // SAFETY: zero is a value of each.
        unsafe impl<$($t: Lane),*> Lane for ($($t,)*) {}
    )* };
}
tuples! { () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

// SAFETY: zero is a value of the elements.
unsafe impl<T: Lane, const N: usize> Lane for [T; N] {}
// SAFETY: an array of such.
unsafe impl<T: Shared, const N: usize> Shared for [T; N] {
    const CLEAR: bool = T::CLEAR;
}
