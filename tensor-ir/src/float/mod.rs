//! Functions of f32 lanes, from polynomials.
//!
//! Each is straight-line code without calls, tables or branches, so that a loop over it becomes
//! vector instructions; a choice is a select between two computed values. They are right at zeros,
//! infinities, NaN and denormals, and within a few units in the last place elsewhere (the tests
//! state how many). `fit.py` made the coefficients. [`wide`] has what f64 lanes need besides the
//! standard library.

mod erf;
mod exp;
mod log;
mod pow;
mod trig;
pub(crate) mod wide;

pub(crate) use erf::erf;
pub(crate) use exp::{cosh, exp, exp2, expm1, sigmoid, sinh, tanh};
pub(crate) use log::{log, log1p, log2, softplus};
pub(crate) use pow::pow;
pub(crate) use trig::{acos, asin, atan, atan2, cos, cos_turns, sin, tan};

use crate::intrinsic::lane::Machine;

/// `c[0] + c[1] x + c[2] x^2 + ..`, by Horner's rule.
#[inline(always)]
fn polynomial<M: Machine, const N: usize>(x: f32, c: [f32; N]) -> f32 {
    let mut sum = c[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = M::mul_add(sum, x, c[i]);
    }
    sum
}

/// `x` between `low` and `high`; a NaN stays one.
#[inline(always)]
fn clamp(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// The nearest integer to a number below 2^22 in magnitude, as a float and as an integer, by an
/// addition that leaves no bits for a fraction. For a NaN the integer is arbitrary.
#[inline(always)]
fn nearest(x: f32) -> (f32, i32) {
    const SHIFT: f32 = 12_582_912.0; // 1.5 * 2^23
    let shifted = x + SHIFT;
    (shifted - SHIFT, (shifted.to_bits() as i32).wrapping_sub(SHIFT.to_bits() as i32))
}

/// `2^n` for `-126 <= n <= 128` (infinity), 0 for -127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}
