//! The error function.

use super::exp::exp_normal;
use super::{clamp, polynomial};
use crate::intrinsic::lane::Machine;

/// `erf(x) / x - 1` in `x^2`, for `|x| <= 1`.
const NEAR: [f32; 7] =
    [0.128_379_17, -0.376_126_26, 0.112_835_79, -0.026_853_347, 0.005_187_162, -0.000_799_785_3, 7.806_903e-5];
/// `log(1 - erf(x))` for `x` in 1..=4.
const FAR: [f32; 7] =
    [-0.000_353_719_52, -1.127_04, -0.638_225_7, -0.103_037_42, 0.021_805_385, -0.002_939_642_4, 0.000_185_580_5];

#[inline(always)]
pub(crate) fn erf<M: Machine>(x: f32) -> f32 {
    let a = x.abs();
    let near = M::mul_add(x, polynomial::<M, 7>(x * x, NEAR), x);
    // 1 - erf(4) is below half an ulp of 1.
    let far = 1.0 - exp_normal::<M>(polynomial::<M, 7>(clamp(a, 1.0, 4.0), FAR));
    if a > 1.0 { far.copysign(x) } else { near }
}
