//! Functions of f32 lanes.

pub(crate) mod wide;

use crate::intrinsic::lane::Machine;

macro_rules! widened {
    ($($name:ident($($x:ident),+) $body:expr;)*) => {$(
        #[inline(always)]
        pub(crate) fn $name<M: Machine>($($x: f32),+) -> f32 {
            $(let $x = $x as f64;)+
            $body as f32
        }
    )*};
}
widened! {
    pow(x, y) x.powf(y);
    exp(x) x.exp();
    exp2(x) x.exp2();
    expm1(x) x.exp_m1();
    log(x) x.ln();
    log2(x) x.log2();
    log1p(x) x.ln_1p();
    sin(x) x.sin();
    cos(x) x.cos();
    cos_turns(x) (x * std::f64::consts::TAU).cos();
    tan(x) x.tan();
    tanh(x) x.tanh();
    sinh(x) x.sinh();
    cosh(x) x.cosh();
    asin(x) x.asin();
    acos(x) x.acos();
    atan(x) x.atan();
    atan2(x, y) x.atan2(y);
    erf(x) libm::erf(x);
    sigmoid(x) wide::sigmoid(x);
    softplus(x) x.max(0.0) + (-x.abs()).exp().ln_1p();
}
