//! Trigonometric functions and their inverses.
//!
//! Sine and cosine reduce their argument in f64, `r = x - n pi / 2`, so they are precise up to
//! magnitudes of 2^28; beyond, the result lies in [-1, 1] but has no correct digits.

use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::{nearest, polynomial};
use crate::intrinsic::lane::Machine;

/// `(sin(r) / r - 1) / z` with `z = r^2`, for `|r| <= pi / 4`.
const SIN: [f32; 4] = [-0.166_666_67, 0.008_333_38, -0.000_198_535_05, 2.837_395_2e-6];
/// `(cos(r) - 1 + z / 2) / z^2` with `z = r^2`, for `|r| <= pi / 4`.
const COS: [f32; 4] = [0.041_666_668, -0.001_388_898_2, 2.482_297_7e-5, -2.897_590_7e-7];
/// `(asin(x) / x - 1) / z` with `z = x^2`, for `|x| <= 1 / 2`.
const ASIN: [f32; 5] = [0.166_667_54, 0.074_952_52, 0.045_476_04, 0.024_152_093, 0.042_211_797];
/// `(atan(t) / t - 1) / z` with `z = t^2`, for `|t| <= tan(pi / 8)`.
const ATAN: [f32; 5] = [-0.333_333_16, 0.199_985_3, -0.142_444_24, 0.105_993_845, -0.060_904_74];
const TAN_PI_8: f32 = 0.414_213_57;

/// `r = x - n pi / 2` in [-pi / 4, pi / 4], and `n` modulo 2^32.
#[inline(always)]
fn reduce(x: f32) -> (f32, u32) {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    // pi / 2 in two parts; the first has 25 bits, so its product with n is exact.
    const HIGH: f64 = f64::from_bits(0x3ff9_21fb_5000_0000);
    const LOW: f64 = 1.589_325_477_352_819_6e-8;
    let x = x as f64;
    let shifted = x * std::f64::consts::FRAC_2_PI + SHIFT;
    let n = shifted - SHIFT;
    (((x - n * HIGH) - n * LOW) as f32, shifted.to_bits() as u32)
}

/// Sine and cosine of `|r| <= pi / 4`.
#[inline(always)]
fn sin_cos<M: Machine>(r: f32) -> (f32, f32) {
    let z = r * r;
    let sin = r * M::mul_add(z, polynomial::<M, 4>(z, SIN), 1.0);
    let cos = M::mul_add(z, M::mul_add(z, polynomial::<M, 4>(z, COS), -0.5), 1.0);
    (sin, cos)
}

/// The sine of `r + n pi / 2`.
#[inline(always)]
fn quadrant<M: Machine>(r: f32, n: u32) -> f32 {
    let (sin, cos) = sin_cos::<M>(r);
    let y = if n & 1 == 0 { sin } else { cos };
    f32::from_bits(y.to_bits() ^ ((n & 2) << 30))
}

#[inline(always)]
pub(crate) fn sin<M: Machine>(x: f32) -> f32 {
    let (r, n) = reduce(x);
    quadrant::<M>(r, n)
}

#[inline(always)]
pub(crate) fn cos<M: Machine>(x: f32) -> f32 {
    let (r, n) = reduce(x);
    quadrant::<M>(r, n.wrapping_add(1))
}

/// `cos(2 pi x)` for `|x| < 2^20`.
#[inline(always)]
pub(crate) fn cos_turns<M: Machine>(x: f32) -> f32 {
    let (n, k) = nearest(4.0 * x);
    quadrant::<M>((x - 0.25 * n) * (2.0 * PI), (k as u32).wrapping_add(1))
}

#[inline(always)]
pub(crate) fn tan<M: Machine>(x: f32) -> f32 {
    let (r, n) = reduce(x);
    let (sin, cos) = sin_cos::<M>(r);
    if n & 1 == 0 { sin / cos } else { -cos / sin }
}

/// `asin(|x|)` for `|x| <= 1/2` from the polynomial; else `asin(|x|) = pi / 2 - 2 asin(t)` with
/// `t = sqrt((1 - |x|) / 2)`. Gives whether it is the second, and the polynomial's `asin`.
#[inline(always)]
fn asin_reduced<M: Machine>(x: f32) -> (bool, f32) {
    let a = x.abs();
    let far = a > 0.5;
    let z = if far { M::mul_add(a, -0.5, 0.5) } else { a * a };
    let t = if far { z.sqrt() } else { a };
    (far, M::mul_add(t * z, polynomial::<M, 5>(z, ASIN), t))
}

#[inline(always)]
pub(crate) fn asin<M: Machine>(x: f32) -> f32 {
    let (far, p) = asin_reduced::<M>(x);
    (if far { M::mul_add(p, -2.0, FRAC_PI_2) } else { p }).copysign(x)
}

#[inline(always)]
pub(crate) fn acos<M: Machine>(x: f32) -> f32 {
    // pi / 2 = FRAC_PI_2 + LOW
    const LOW: f32 = -4.371_139e-8;
    let (far, p) = asin_reduced::<M>(x);
    let near = FRAC_PI_2 - (p.copysign(x) - LOW);
    let far_value = if x > 0.0 { 2.0 * p } else { PI - 2.0 * (p - LOW) };
    if far { far_value } else { near }
}

/// `atan(n / d)` for `0 <= n <= d`, `d > 0`, neither above a third of the largest f32.
#[inline(always)]
fn atan_ratio<M: Machine>(n: f32, d: f32) -> f32 {
    let far = n > TAN_PI_8 * d;
    let t = (if far { n - d } else { n }) / (if far { n + d } else { d });
    let z = t * t;
    let p = M::mul_add(t * z, polynomial::<M, 5>(z, ATAN), t);
    if far { FRAC_PI_4 + p } else { p }
}

#[inline(always)]
pub(crate) fn atan<M: Machine>(x: f32) -> f32 {
    let a = x.abs();
    let flip = a > 1.0;
    // Beyond 1e30 the ratio is below half an ulp of pi / 2.
    let p = atan_ratio::<M>(if flip { 1.0 } else { a }, if flip { a.min(1e30) } else { 1.0 });
    let y = if flip { FRAC_PI_2 - p } else { p };
    (if x.is_nan() { x } else { y }).copysign(x)
}

#[inline(always)]
pub(crate) fn atan2<M: Machine>(y: f32, x: f32) -> f32 {
    let (a, b) = (y.abs(), x.abs());
    let flip = a > b;
    let (low, high) = if flip { (b, a) } else { (a, b) };
    let same = low == high;
    let zero = high == 0.0;
    // Ratios that division cannot give: of infinities and of zeros.
    let n = if zero {
        0.0
    } else if same {
        1.0
    } else {
        low
    };
    let d = if zero | same { 1.0 } else { high };
    let down = if d > 1e37 { 0.125 } else { 1.0 };
    let p = atan_ratio::<M>(n * down, d * down);
    let p = if flip { FRAC_PI_2 - p } else { p };
    let p = if x.is_sign_negative() { PI - p } else { p };
    (if x.is_nan() | y.is_nan() { f32::NAN } else { p }).copysign(y)
}
