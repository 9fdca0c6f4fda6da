//! The exponential and its kin.
//!
//! `exp(x) = 2^n exp(r)` with `n` the nearest integer to `x / log 2`, so `|r| <= log(2) / 2`. `n log 2`
//! is subtracted in two parts, the first of so few bits that its product with `n` is exact.

use super::{clamp, nearest, polynomial, power_of_two};
use crate::intrinsic::lane::Machine;

const LOG2_E: f32 = std::f32::consts::LOG2_E;
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `(exp(r) - 1 - r) / r^2` for `|r| <= log(2) / 2`.
const EXP: [f32; 5] = [0.5, 0.166_665_2, 0.041_666_403, 0.008_368_827, 0.001_394_064_5];
/// The same to a smaller relative error of `exp(r) - 1`.
const EXPM1: [f32; 6] = [0.5, 0.166_666_66, 0.041_666_493, 0.008_333_544, 0.001_393_234_1, 0.000_197_634_14];
/// `(2^r - 1) / r` for `|r| <= 1 / 2`.
#[allow(clippy::approx_constant)] // a fitted coefficient near log(2)
const EXP2: [f32; 6] = [0.693_147_2, 0.240_226_5, 0.055_503_596, 0.009_618_062_5, 0.001_339_098_4, 0.000_154_628_83];

/// `n` and `r` of `x = n log 2 + r`.
#[inline(always)]
fn reduce<M: Machine>(x: f32) -> (f32, i32) {
    let (n, k) = nearest(x * LOG2_E);
    let r = M::mul_add(n, -LN_2_HIGH, x);
    (M::mul_add(n, -LN_2_LOW, r), k)
}

/// `p * 2^n` with one rounding, also where the result is denormal or infinite.
#[inline(always)]
fn scale(p: f32, n: i32) -> f32 {
    let half = n >> 1;
    p * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

#[inline(always)]
pub(crate) fn exp<M: Machine>(x: f32) -> f32 {
    let (r, n) = reduce::<M>(clamp(x, -105.0, 89.0));
    let p = M::mul_add(r * r, polynomial::<M, 5>(r, EXP), r) + 1.0;
    scale(p, n)
}

/// The exponential where it is a normal number: for `x` in -87..=88.
#[inline(always)]
pub(super) fn exp_normal<M: Machine>(x: f32) -> f32 {
    let (r, n) = reduce::<M>(x);
    let p = M::mul_add(r * r, polynomial::<M, 5>(r, EXP), r) + 1.0;
    p * power_of_two(n)
}

#[inline(always)]
pub(crate) fn exp2<M: Machine>(x: f32) -> f32 {
    let x = clamp(x, -151.0, 129.0);
    let (n, k) = nearest(x);
    let r = x - n;
    scale(M::mul_add(r, polynomial::<M, 6>(r, EXP2), 1.0), k)
}

/// `(exp(x) - 1) / 4` for `x` in -30..=89.5: a quarter, so that hyperbolic functions near the
/// largest f32 do not overflow on the way.
#[inline(always)]
fn quarter_expm1<M: Machine>(x: f32) -> f32 {
    let (r, n) = reduce::<M>(x);
    let p = M::mul_add(r * r, polynomial::<M, 6>(r, EXPM1), r);
    let quarter = power_of_two(n.wrapping_sub(2));
    M::mul_add(quarter, p, quarter - 0.25)
}

#[inline(always)]
pub(crate) fn expm1<M: Machine>(x: f32) -> f32 {
    (4.0 * quarter_expm1::<M>(clamp(x, -30.0, 89.5))).copysign(x)
}

/// From `e = exp(|x|) - 1`: `(e + e / (e + 1)) / 2`.
#[inline(always)]
pub(crate) fn sinh<M: Machine>(x: f32) -> f32 {
    let half = 2.0 * quarter_expm1::<M>(clamp(x.abs(), 0.0, 89.5));
    // The quotient tends to 1/2, also where the sum below it would overflow.
    let bounded = if half > 1e30 { 1e30 } else { half };
    (half + bounded / (2.0 * bounded + 1.0)).copysign(x)
}

/// From `h = exp(|x|) / 2`: `h + 1 / (4 h)`.
#[inline(always)]
pub(crate) fn cosh<M: Machine>(x: f32) -> f32 {
    let half = 2.0 * (quarter_expm1::<M>(clamp(x.abs(), 0.0, 89.5)) + 0.25);
    half + 0.25 / half
}

/// From `e = exp(2 |x|) - 1`: `e / (e + 2)`.
#[inline(always)]
pub(crate) fn tanh<M: Machine>(x: f32) -> f32 {
    let quarter = quarter_expm1::<M>(2.0 * clamp(x.abs(), 0.0, 10.0));
    (quarter / (quarter + 0.5)).copysign(x)
}

/// From `e = exp(-|x|)`, which does not overflow: `1 / (1 + e)` or `e / (1 + e)`.
#[inline(always)]
pub(crate) fn sigmoid<M: Machine>(x: f32) -> f32 {
    let e = exp::<M>(-x.abs());
    (if x >= 0.0 { 1.0 } else { e }) / (1.0 + e)
}
