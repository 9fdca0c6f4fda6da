//! Powers.

use crate::intrinsic::lane::Machine;

/// `log2((1 + s) / (1 - s)) / s` in `s^2`, for `s = (m - 1) / (m + 1)`, `m` in [sqrt(1/2), sqrt(2)).
const LOG2: [f64; 6] = [
    2.885_390_081_777_849_5,
    0.961_796_694_114_141_6,
    0.577_077_942_144_636_6,
    0.412_209_273_036_154_4,
    0.319_904_907_287_710_37,
    0.282_910_771_728_383_3,
];
/// `(2^r - 1) / r` for `|r| <= 1 / 2`.
const EXP2: [f64; 7] = [
    0.693_147_180_541_652_4,
    0.240_226_510_758_470_54,
    0.055_504_105_826_249_98,
    0.009_618_036_911_572_241,
    0.001_333_343_077_720_716_9,
    0.000_154_671_101_491_586_26,
    1.531_494_919_806_579_2e-5,
];

#[inline(always)]
fn polynomial<const N: usize>(x: f64, c: [f64; N]) -> f64 {
    let mut sum = c[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = sum * x + c[i];
    }
    sum
}

/// `log2(x)` of a positive finite f64, to 2^-42.
#[inline(always)]
fn log2(x: f64) -> f64 {
    const SQRT_HALF: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    let bits = x.to_bits().wrapping_sub(SQRT_HALF);
    let m = f64::from_bits((bits & ((1 << 52) - 1)).wrapping_add(SQRT_HALF));
    let s = (m - 1.0) / (m + 1.0);
    let e = ((bits >> 32) as i32 >> 20) as f64;
    e + s * polynomial(s * s, LOG2)
}

/// `2^x` for `|x| <= 1000`.
#[inline(always)]
fn exp2(x: f64) -> f64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    let shifted = x + SHIFT;
    let r = x - (shifted - SHIFT);
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    (r * polynomial(r, EXP2) + 1.0) * scale
}

/// `2^(y log2 |x|)` in f64, whose exponents hold every f32 result before it is rounded, and then
/// the signs and exceptions of C's `pow`.
#[inline(always)]
pub(crate) fn pow<M: Machine>(x: f32, y: f32) -> f32 {
    let a = x.abs();
    let l = log2(a as f64);
    let l = if a == 0.0 { f64::NEG_INFINITY } else { l };
    let l = if a == f32::INFINITY { f64::INFINITY } else { l };
    let t = y as f64 * l;
    let t = if t < -200.0 { -200.0 } else { t };
    let t = if t > 200.0 { 200.0 } else { t };
    let p = exp2(t) as f32;
    let p = if a.is_nan() { a } else { p };

    let half = y * 0.5;
    let integer = is_integer(y);
    let odd = integer & !is_integer(half);
    let negative = x.is_sign_negative();
    let p = if negative & odd { -p } else { p };
    let root = negative & !integer & (a != 0.0) & (a != f32::INFINITY);
    let p = if root { f32::NAN } else { p };
    let endless = (x == -1.0) & (y.abs() == f32::INFINITY);
    if (y == 0.0) | (x == 1.0) | endless { 1.0 } else { p }
}

/// Every number from 2^23 on is one, infinities too; a NaN is not.
#[inline(always)]
fn is_integer(x: f32) -> bool {
    const UNIT: f32 = (1 << 23) as f32;
    let a = x.abs();
    (a >= UNIT) | ((a + UNIT) - UNIT == a)
}
