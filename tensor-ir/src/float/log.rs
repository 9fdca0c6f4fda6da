//! Logarithms.
//!
//! `x = 2^e m` with `m` in [sqrt(1/2), sqrt(2)), and `log(1 + f)` of `f = m - 1` from a polynomial.

use super::{exp, polynomial, power_of_two};
use crate::intrinsic::lane::Machine;

const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
const SQRT_HALF: u32 = std::f32::consts::FRAC_1_SQRT_2.to_bits();

/// `(log(1 + f) - f + f^2 / 2) / f^3` for `1 + f` in [sqrt(1/2), sqrt(2)).
const LOG: [f32; 8] =
    [0.333_333_3, -0.250_008_2, 0.200_012_42, -0.166_234_09, 0.142_015_8, -0.131_596_1, 0.127_622_17, -0.076_364_39];

/// `(2 atanh(s) / s - 2) / z` with `z = s^2`, for `s` in 0..=1/3.
const SOFTPLUS: [f32; 5] = [0.666_666_75, 0.399_989_5, 0.286_152_12, 0.214_438_84, 0.242_452_71];

/// `e` and `m` of a positive normal `x`.
#[inline(always)]
fn split(x: f32) -> (i32, f32) {
    let bits = x.to_bits().wrapping_sub(SQRT_HALF);
    (bits as i32 >> 23, f32::from_bits((bits & 0x007f_ffff).wrapping_add(SQRT_HALF)))
}

/// `e` and `m` of a positive `x`, which may be denormal.
#[inline(always)]
fn split_any(x: f32) -> (f32, f32) {
    let tiny = x < f32::MIN_POSITIVE;
    let (e, m) = split(if tiny { x * (1 << 23) as f32 } else { x });
    (e as f32 - if tiny { 23.0 } else { 0.0 }, m)
}

/// `log(1 + f) - f`.
#[inline(always)]
fn tail<M: Machine>(f: f32) -> f32 {
    let square = f * f;
    M::mul_add(-0.5, square, f * square * polynomial::<M, 8>(f, LOG))
}

/// `result`, or what the logarithm of zero, infinity, a negative number or a NaN is.
#[inline(always)]
fn special(x: f32, result: f32) -> f32 {
    let result = if x == f32::INFINITY { x } else { result };
    let result = if x == 0.0 { f32::NEG_INFINITY } else { result };
    if x >= 0.0 { result } else { f32::NAN }
}

#[inline(always)]
pub(crate) fn log<M: Machine>(x: f32) -> f32 {
    let (e, m) = split_any(x);
    let f = m - 1.0;
    let small = M::mul_add(e, LN_2_LOW, tail::<M>(f));
    special(x, M::mul_add(e, LN_2_HIGH, f + small))
}

#[inline(always)]
pub(crate) fn log2<M: Machine>(x: f32) -> f32 {
    // log2(e) - 1, so that f itself is added without a rounding.
    const REST: f32 = std::f32::consts::LOG2_E - 1.0;
    let (e, m) = split_any(x);
    let f = m - 1.0;
    let t = tail::<M>(f);
    special(x, e + (f + M::mul_add(f, REST, M::mul_add(t, REST, t))))
}

/// With `u = 1 + x` rounded, and what the rounding lost added to `f`.
#[inline(always)]
pub(crate) fn log1p<M: Machine>(x: f32) -> f32 {
    // Below 1e-8 the result is x. A smaller bound for what the polynomial gets, whose powers would
    // be denormal and slow, keeps the compiler from merging the two choices.
    let small = x;
    let x = if x.abs() < 1e-9 { 0.0 } else { x };
    let u = 1.0 + x;
    let back = u - 1.0;
    let lost = (1.0 - (u - back)) + (x - back);
    let (e, m) = split(u);
    let f = (m - 1.0) + lost * power_of_two(-e.min(127));
    let e = e as f32;
    let low = M::mul_add(e, LN_2_LOW, tail::<M>(f));
    let y = special(u, M::mul_add(e, LN_2_HIGH, f + low));
    if small.abs() < 1e-8 { small } else { y }
}

/// `max(x, 0) + log(1 + e)` with `e = exp(-|x|)`, by `log(1 + e) = 2 atanh(e / (2 + e))`.
#[inline(always)]
pub(crate) fn softplus<M: Machine>(x: f32) -> f32 {
    let positive = if x > 0.0 { x } else { 0.0 };
    let e = exp::<M>(-x.abs());
    let s = e / (2.0 + e);
    // What is added is lost against the 2 below, and keeps the square from being denormal, which
    // would be slow. (A select would not: the compiler moves the square before it.)
    let t = s + 1e-9;
    let z = t * t;
    positive + s * M::mul_add(z, polynomial::<M, 5>(z, SOFTPLUS), 2.0)
}
