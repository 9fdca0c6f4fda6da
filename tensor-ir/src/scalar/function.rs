//! The functions of the kernel language on scalars. Their names are those of the table.

use super::types::{Bits, Float, Integer, Number, Type};
use crate::intrinsic::lane::{Draw, Plain};
use crate::intrinsic::rows;

macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $name:ident ($($x:ident),+) $trait:ident;)*) => {
        $(
            $(#[doc = $doc])+
            #[inline(always)]
            pub fn $name<T: $trait>($($x: T),+) -> T {
                functions!(@call $trait $name $($x),+)
            }
        )*
    };
    (@call $trait:ident $name:ident $($x:ident),+) => { <T as $trait>::$name($($x),+) };
}

functions! {
    /// `a + b`; integers wrap.
    add (a, b) Number;
    /// `a - b`; integers wrap.
    sub (a, b) Number;
    /// `a * b`; integers wrap.
    mul (a, b) Number;
    /// `a / b`; of integers towards zero, and 0 where `b` is 0.
    div (a, b) Number;
    /// `a - b * trunc(a / b)`, Rust's `%`; of integers 0 where `b` is 0.
    rem (a, b) Number;
    /// The larger one; a NaN if one is a NaN, unlike `f32::max`. The gradient of equal arguments goes to the first.
    max (a, b) Number;
    /// The smaller one; a NaN if one is a NaN, unlike `f32::min`. The gradient of equal arguments goes to the first.
    min (a, b) Number;
    /// `-x`; integers wrap.
    neg (x) Number;
    /// `|x|`; integers wrap. The gradient at 0 is 0.
    abs (x) Number;
    /// 1 above zero, -1 below, 0 at zero and for a NaN.
    sign (x) Number;
    /// `a` to the power `b`.
    pow (a, b) Float;
    /// `1 / x`.
    recip (x) Float;
    /// The square root.
    sqrt (x) Float;
    /// `1 / sqrt(x)`.
    rsqrt (x) Float;
    /// The exponential.
    exp (x) Float;
    /// `2^x`.
    exp2 (x) Float;
    /// `exp(x) - 1`, precise near 0.
    expm1 (x) Float;
    /// The natural logarithm.
    log (x) Float;
    /// The logarithm to base 2.
    log2 (x) Float;
    /// `log(1 + x)`, precise near 0.
    log1p (x) Float;
    /// The sine, of radians.
    sin (x) Float;
    /// The cosine, of radians.
    cos (x) Float;
    /// The tangent, of radians.
    tan (x) Float;
    /// The hyperbolic tangent.
    tanh (x) Float;
    /// The hyperbolic sine.
    sinh (x) Float;
    /// The hyperbolic cosine.
    cosh (x) Float;
    /// The inverse sine, in radians.
    asin (x) Float;
    /// The inverse cosine, in radians.
    acos (x) Float;
    /// The inverse tangent, in radians.
    atan (x) Float;
    /// The angle of the point (`b`, `a`), in radians.
    atan2 (a, b) Float;
    /// The error function.
    erf (x) Float;
    /// `1 / (1 + exp(-x))`.
    sigmoid (x) Float;
    /// `log(1 + exp(x))`, without overflow.
    softplus (x) Float;
    /// The largest whole number not above `x`.
    floor (x) Float;
    /// The smallest whole number not below `x`.
    ceil (x) Float;
    /// The nearest whole number, the even one of two, unlike `f32::round`.
    round (x) Float;
    /// `x` without its fraction.
    trunc (x) Float;
    /// Both; of integers bit by bit.
    and (a, b) Bits;
    /// Either or both; of integers bit by bit.
    or (a, b) Bits;
    /// Either but not both; of integers bit by bit.
    xor (a, b) Bits;
    /// The opposite; of integers bit by bit.
    not (x) Bits;
    /// `a` shifted left by `b` modulo its bits.
    shl (a, b) Integer;
    /// `a` shifted right by `b` modulo its bits; a sign is kept.
    shr (a, b) Integer;
}

macro_rules! comparisons {
    ($($(#[doc = $doc:literal])+ $name:ident $op:tt;)*) => { $(
        $(#[doc = $doc])+
        #[inline(always)]
        pub fn $name<T: Type>(a: T, b: T) -> bool {
            a $op b
        }
    )* };
}

comparisons! {
    /// Whether `a < b`.
    lt <;
    /// Whether `a <= b`.
    le <=;
    /// Whether `a > b`.
    gt >;
    /// Whether `a >= b`.
    ge >=;
    /// Whether `a == b`.
    eq ==;
    /// Whether `a != b`.
    ne !=;
}

/// `a` where `c` holds, `b` elsewhere. Both are computed.
#[inline(always)]
pub fn select<T: Type>(c: bool, a: T, b: T) -> T {
    if c { a } else { b }
}

/// Whether `x` is not a number.
#[inline(always)]
pub fn is_nan<T: Float>(x: T) -> bool {
    x.is_nan()
}

/// Whether `x` is an infinity.
#[inline(always)]
pub fn is_inf<T: Float>(x: T) -> bool {
    x.is_inf()
}

/// Whether `x` is neither an infinity nor a NaN.
#[inline(always)]
pub fn is_finite<T: Float>(x: T) -> bool {
    x.is_finite()
}

/// `a * b + c`, rounded once; of f16 and bf16 once in f32, then to the type.
#[inline(always)]
pub fn fma<T: Float>(a: T, b: T, c: T) -> T {
    a.fma(b, c)
}

/// `x` as `T`: what `as` does, for every pair of scalar types. Floats to integers are cut towards zero and saturate, a NaN
/// gives 0; integers keep their low bits; anything to bool is `x != 0`.
///
/// ```
/// use formwork_ir::scalar::cast;
/// assert_eq!((cast::<i32>(-2.5), cast::<u8>(300), cast::<f32>(true), cast::<bool>(0.5)), (-2, 44, 1.0, true));
/// ```
#[inline(always)]
pub fn cast<T: Type>(x: impl Type) -> T {
    T::narrow(x.wide())
}

/// A number of [0, 1) in steps of 2^-24: draw `counter` of the stream `seed`, Philox4x32-10.
#[inline(always)]
pub fn philox_uniform(seed: i64, counter: i64) -> f32 {
    <rows::PhiloxUniform as Draw>::draw::<Plain>(seed, counter)
}

/// A number of the standard normal distribution: draw `counter` of the stream `seed`, by Philox4x32-10, Box and Muller.
#[inline(always)]
pub fn philox_normal(seed: i64, counter: i64) -> f32 {
    <rows::PhiloxNormal as Draw>::draw::<Plain>(seed, counter)
}
