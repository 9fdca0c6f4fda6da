//! What can be added up, and in which type.

/// An element that is added up, 16-bit floats in f32.
pub(in super::super) trait Summed: Copy + Send + Sync + 'static {
    type Sum: Copy;
    /// Whether both are one type.
    const SAME: bool;
    fn widen(self) -> Self::Sum;
    fn narrow(sum: Self::Sum) -> Self;
    fn add(a: Self::Sum, b: Self::Sum) -> Self::Sum;
}

macro_rules! summable {
    ($($t:ty, $sum:ty, $widen:expr, $narrow:expr, $add:expr;)*) => { $(
        impl Summed for $t {
            type Sum = $sum;
            const SAME: bool = size_of::<$t>() == size_of::<$sum>();
            #[inline(always)]
            fn widen(self) -> $sum { let f: fn($t) -> $sum = $widen; f(self) }
            #[inline(always)]
            fn narrow(sum: $sum) -> Self { let f: fn($sum) -> $t = $narrow; f(sum) }
            #[inline(always)]
            fn add(a: $sum, b: $sum) -> $sum { let f: fn($sum, $sum) -> $sum = $add; f(a, b) }
        }
    )* };
}

summable! {
    f32, f32, |x| x, |x| x, |a, b| a + b;
    f64, f64, |x| x, |x| x, |a, b| a + b;
    half::f16, f32, half::f16::to_f32, half::f16::from_f32, |a, b| a + b;
    half::bf16, f32, half::bf16::to_f32, half::bf16::from_f32, |a, b| a + b;
    i64, i64, |x| x, |x| x, i64::wrapping_add;
    i32, i32, |x| x, |x| x, i32::wrapping_add;
    u8, u8, |x| x, |x| x, u8::wrapping_add;
    bool, bool, |x| x, |x| x, |a, b| a | b;
}

/// `$body` with `$t` the Rust type of a dtype.
macro_rules! summed {
    ($dtype:expr, $t:ident => $body:expr) => {
        match $dtype {
            formwork_ir::DType::F32 => {
                type $t = f32;
                $body as Arc<dyn Executable>
            }
            formwork_ir::DType::F64 => {
                type $t = f64;
                $body
            }
            formwork_ir::DType::F16 => {
                type $t = half::f16;
                $body
            }
            formwork_ir::DType::BF16 => {
                type $t = half::bf16;
                $body
            }
            formwork_ir::DType::I64 => {
                type $t = i64;
                $body
            }
            formwork_ir::DType::I32 => {
                type $t = i32;
                $body
            }
            formwork_ir::DType::U8 => {
                type $t = u8;
                $body
            }
            formwork_ir::DType::Bool => {
                type $t = bool;
                $body
            }
        }
    };
}
pub(in super::super) use summed;
