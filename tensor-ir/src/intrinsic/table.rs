//! The table of intrinsics.
//!
//! A row reads: name, arguments, type rule, then its columns.
//! - `float`, `int`, `bool`, `any`: the value for lanes of these types. `f32` and `f64` apart stand
//!   for approximations; a row with one body for both floats is exact (correctly rounded in each
//!   type), and only through such rows constants are folded.
//! - `draw |a, b|`: the two draws that two words of a Philox block give.
//! - `cuda`: the text for f32, f64 and integers; the last one stands for those left out.
//! - `grad |y, g|`: the cotangent of each argument, from the arguments, the result `y` and its
//!   cotangent `g`. A row without it has no derivative, or one that is zero wherever it exists.
//! - `sample`: the range of each argument in tests; the last one stands for those left out.
//!
//! In bodies `M` is the [`Machine`](super::lane::Machine) that the loop is compiled for.

use std::f64::consts::{FRAC_2_SQRT_PI, LN_2};

use super::lane::{Bit, Draw, Integer, Machine, Op, Real, Visitor};
use super::{Expr, Rule};
use crate::{float, philox};

macro_rules! arity {
    (($($x:ident),+)) => { [$(stringify!($x)),+].len() };
}

macro_rules! names {
    (($($x:ident),+)) => { [$(stringify!($x)),+] };
}

macro_rules! pattern {
    (($($x:ident),+)) => { [$($x),+] };
}

macro_rules! visit {
    ($v:ident Number $O:path, $n:expr) => {
        $v.number::<$O, { $n }>()
    };
    ($v:ident Float $O:path, $n:expr) => {
        $v.float::<$O, { $n }>()
    };
    ($v:ident Compare $O:path, $n:expr) => {
        $v.compare::<$O, { $n }>()
    };
    ($v:ident Bits $O:path, $n:expr) => {
        $v.bits::<$O, { $n }>()
    };
    ($v:ident Shift $O:path, $n:expr) => {
        $v.shift::<$O, { $n }>()
    };
    ($v:ident Classify $O:path, $n:expr) => {
        $v.classify::<$O, { $n }>()
    };
    ($v:ident Philox $O:path, $n:expr) => {
        $v.philox::<$O>()
    };
    ($v:ident Select $O:path, $n:expr) => {
        $v.select()
    };
}

/// The lane type of a rule's result.
macro_rules! out {
    (Compare $t:ty) => {
        Bit
    };
    (Classify $t:ty) => {
        Bit
    };
    (Philox $t:ty) => {
        f32
    };
    ($rule:ident $t:ty) => {
        $t
    };
}

macro_rules! impls {
    ([$($t:ty)+] $V:ident $rule:ident $args:tt $body:block) => {
        $(impls!(@one $t, $V $rule $args $body);)+
    };
    (@draw $V:ident |$a:ident, $b:ident| $body:block) => {
        impl Draw for rows::$V {
            #[inline(always)]
            fn pair<M: Machine>($a: u32, $b: u32) -> (f32, f32) $body
        }
    };
    (@one $t:ty, $V:ident $rule:ident $args:tt $body:block) => {
        impl Op<$t, { arity!($args) }> for rows::$V {
            type Out = out!($rule $t);
            #[inline(always)]
            fn apply<M: Machine>(pattern!($args): [$t; arity!($args)]) -> out!($rule $t) $body
        }
    };
}

macro_rules! intrinsics {
    ($(
        $(#[doc = $doc:literal])+
        $V:ident $name:literal $args:tt $rule:ident
        $(float $float:block)? $(f32 $f32:block f64 $f64:block)? $(int $int:block)? $(bool $bool:block)?
        $(any $any:block)? $(draw |$a:ident, $b:ident| $draw:block)?
        cuda [$($cuda:literal),+]
        $(grad |$y:ident, $g:ident| [$($d:expr),+])?
        sample [$($sample:expr),+];
    )*) => {
        /// An operation on scalars, and on tensors element by element.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Intrinsic { $($(#[doc = $doc])+ $V),* }

        impl Intrinsic {
            /// Every intrinsic, in table order.
            pub const ALL: &'static [Intrinsic] = &[$(Intrinsic::$V),*];

            /// Its name: `exp`.
            pub const fn name(self) -> &'static str {
                match self { $(Intrinsic::$V => $name),* }
            }

            /// What it computes, as the table says it.
            pub const fn doc(self) -> &'static str {
                match self { $(Intrinsic::$V => concat!($($doc),+).trim_ascii()),* }
            }

            /// The names of its arguments.
            pub const fn arguments(self) -> &'static [&'static str] {
                match self { $(Intrinsic::$V => &names!($args)),* }
            }

            /// The number of its arguments.
            pub const fn arity(self) -> usize {
                match self { $(Intrinsic::$V => arity!($args)),* }
            }

            /// Its type rule.
            pub const fn rule(self) -> Rule {
                match self { $(Intrinsic::$V => Rule::$rule),* }
            }

            /// Whether its value is the correctly rounded one, so that it may be computed at any
            /// precision that is high enough and give the same bits.
            pub const fn is_exact(self) -> bool {
                match self { $(Intrinsic::$V => true $(&& { let _ = stringify!($f32); false })? $(&& { let _ = stringify!($draw); false })?),* }
            }

            /// Whether it has a derivative that is not zero everywhere.
            pub const fn is_differentiable(self) -> bool {
                match self { $(Intrinsic::$V => false $(|| { let _ = stringify!($g); true })?),* }
            }

            pub(super) const fn cuda_texts(self) -> &'static [&'static str] {
                match self { $(Intrinsic::$V => &[$($cuda),+]),* }
            }

            pub(super) const fn samples(self) -> &'static [(f64, f64)] {
                match self { $(Intrinsic::$V => &[$($sample),+]),* }
            }

            /// Calls the visitor's method for the type rule with the row's functions.
            pub(crate) fn visit<T: Visitor>(self, visitor: T) -> T::Output {
                match self { $(Intrinsic::$V => visit!(visitor $rule rows::$V, arity!($args))),* }
            }
        }

        /// The cotangents of the arguments `x` of `op`, whose result is `y` with cotangent `g`.
        #[allow(unused_variables)]
        pub(crate) fn derivative<'b>(
            op: Intrinsic,
            x: &[Expr<'b>],
            y: Expr<'b>,
            g: Expr<'b>,
        ) -> Vec<Option<Expr<'b>>> {
            let mut dx = Vec::new();
            match op {
                $(Intrinsic::$V => {
                    let pattern!($args) = *x else { return dx };
                    $(
                        let ($y, $g) = (y, g);
                        dx.extend([$(Option::<Expr<'b>>::from($d)),+]);
                    )?
                })*
            }
            dx
        }

        /// A type for each row, which carries its functions.
        #[allow(dead_code)] // that of `select`, which has no function of equal arguments
        pub(crate) mod rows {
            $(pub(crate) struct $V;)*
        }

        $(
            $(impls!([f32 f64] $V $rule $args $float);)?
            $(impls!([f32] $V $rule $args $f32); impls!([f64] $V $rule $args $f64);)?
            $(impls!([i32 i64 u8 u32 u64] $V $rule $args $int);)?
            $(impls!([Bit] $V $rule $args $bool);)?
            $(impls!([f32 f64 i32 i64 u8 u32 u64 Bit] $V $rule $args $any);)?
            $(impls!(@draw $V |$a, $b| $draw);)?
        )*
    };
}

intrinsics! {
    /// `a + b`; integers wrap.
    Add "add" (a, b) Number float { a + b } int { a.wrapping_add(b) }
        cuda ["{0} + {1}", "{0} + {1}", "fw_add({0}, {1})"]
        grad |_y, g| [g, g] sample [(-10.0, 10.0)];
    /// `a - b`; integers wrap.
    Sub "sub" (a, b) Number float { a - b } int { a.wrapping_sub(b) }
        cuda ["{0} - {1}", "{0} - {1}", "fw_sub({0}, {1})"]
        grad |_y, g| [g, -g] sample [(-10.0, 10.0)];
    /// `a * b`; integers wrap.
    Mul "mul" (a, b) Number float { a * b } int { a.wrapping_mul(b) }
        cuda ["{0} * {1}", "{0} * {1}", "fw_mul({0}, {1})"]
        grad |_y, g| [g * b, g * a] sample [(-10.0, 10.0)];
    /// `a / b`; of integers towards zero, and 0 where `b` is 0.
    Div "div" (a, b) Number float { a / b } int { Integer::quotient(a, b) }
        cuda ["{0} / {1}", "{0} / {1}", "fw_div({0}, {1})"]
        grad |y, g| [g / b, -(g / b) * y] sample [(-10.0, 10.0), (0.25, 10.0)];
    /// `a - b * trunc(a / b)`, Rust's `%` (PyTorch's `fmod`); of integers 0 where `b` is 0.
    Rem "rem" (a, b) Number float { a % b } int { Integer::remainder(a, b) }
        cuda ["fmodf({0}, {1})", "fmod({0}, {1})", "fw_rem({0}, {1})"]
        grad |_y, g| [g, -g * (a / b).map(Intrinsic::Trunc)] sample [(-10.0, 10.0), (0.25, 10.0)];
    /// `a` to the power `b`.
    Pow "pow" (a, b) Float f32 { float::pow::<M>(a, b) } f64 { a.powf(b) }
        cuda ["powf({0}, {1})", "pow({0}, {1})"]
        grad |y, g| [
            // At b = 0 the value is 1 for every a, and b * a^(b - 1) would be 0 * inf at a = 0.
            b.with(Intrinsic::Eq, b.constant(0.0)).select(b.constant(0.0), g * (b * a.with(Intrinsic::Pow, b - 1.0))),
            // a^b log a tends to 0 for a -> 0 where b >= 0, but 0 * -inf is not a number.
            a.with(Intrinsic::Eq, a.constant(0.0)).with(Intrinsic::And, b.with(Intrinsic::Ge, b.constant(0.0)))
                .select(a.constant(0.0), g * (y * a.map(Intrinsic::Log)))
        ] sample [(0.1, 4.0), (-4.0, 4.0)];
    /// The larger one; a NaN if one is a NaN. The gradient of equal arguments goes to the first.
    Max "max" (a, b) Number float { if a > b || a.is_nan() { a } else { b } } int { if a > b { a } else { b } }
        cuda ["({0} > {1} || {0} != {0} ? {0} : {1})"]
        grad |_y, g| [
            a.with(Intrinsic::Ge, b).select(g, g.constant(0.0)),
            a.with(Intrinsic::Ge, b).select(g.constant(0.0), g)
        ] sample [(-10.0, 10.0)];
    /// The smaller one; a NaN if one is a NaN. The gradient of equal arguments goes to the first.
    Min "min" (a, b) Number float { if a < b || a.is_nan() { a } else { b } } int { if a < b { a } else { b } }
        cuda ["({0} < {1} || {0} != {0} ? {0} : {1})"]
        grad |_y, g| [
            a.with(Intrinsic::Le, b).select(g, g.constant(0.0)),
            a.with(Intrinsic::Le, b).select(g.constant(0.0), g)
        ] sample [(-10.0, 10.0)];
    /// `-x`; integers wrap.
    Neg "neg" (x) Number float { -x } int { x.wrapping_neg() }
        cuda ["-{0}", "-{0}", "fw_neg({0})"]
        grad |_y, g| [-g] sample [(-10.0, 10.0)];
    /// `|x|`; integers wrap. The gradient at 0 is 0.
    Abs "abs" (x) Number float { x.abs() } int { Integer::magnitude(x) }
        cuda ["fabsf({0})", "fabs({0})", "({0} < 0 ? fw_neg({0}) : {0})"]
        grad |_y, g| [g * x.map(Intrinsic::Sign)] sample [(-10.0, 10.0)];
    /// 1 above zero, -1 below, 0 at zero and for a NaN.
    Sign "sign" (x) Number
        float { if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { 0.0 } } int { Integer::sign(x) }
        cuda ["(float)(({0} > 0.0f) - ({0} < 0.0f))", "(double)(({0} > 0.0) - ({0} < 0.0))", "({0} > 0) - ({0} < 0)"]
        sample [(-10.0, 10.0)];
    /// `1 / x`.
    Recip "recip" (x) Float float { 1.0 / x }
        cuda ["1.0f / {0}", "1.0 / {0}"]
        grad |y, g| [-g * y * y] sample [(0.1, 10.0)];
    /// The square root. The gradient at 0 is infinite.
    Sqrt "sqrt" (x) Float float { x.sqrt() }
        cuda ["sqrtf({0})", "sqrt({0})"]
        grad |y, g| [g / (y + y)] sample [(0.01, 100.0)];
    /// `1 / sqrt(x)`.
    Rsqrt "rsqrt" (x) Float f32 { 1.0 / x.sqrt() } f64 { 1.0 / x.sqrt() }
        cuda ["rsqrtf({0})", "rsqrt({0})"]
        grad |y, g| [-0.5 * g * (y * y * y)] sample [(0.01, 100.0)];
    /// The exponential.
    Exp "exp" (x) Float f32 { float::exp::<M>(x) } f64 { x.exp() }
        cuda ["expf({0})", "exp({0})"]
        grad |y, g| [g * y] sample [(-87.0, 88.0)];
    /// `2^x`.
    Exp2 "exp2" (x) Float f32 { float::exp2::<M>(x) } f64 { x.exp2() }
        cuda ["exp2f({0})", "exp2({0})"]
        grad |y, g| [g * y * LN_2] sample [(-126.0, 127.0)];
    /// `exp(x) - 1`, precise near 0.
    Expm1 "expm1" (x) Float f32 { float::expm1::<M>(x) } f64 { x.exp_m1() }
        cuda ["expm1f({0})", "expm1({0})"]
        grad |y, g| [g * (y + 1.0)] sample [(-20.0, 88.0)];
    /// The natural logarithm.
    Log "log" (x) Float f32 { float::log::<M>(x) } f64 { x.ln() }
        cuda ["logf({0})", "log({0})"]
        grad |_y, g| [g / x] sample [(1e-30, 100.0)];
    /// The logarithm to base 2.
    Log2 "log2" (x) Float f32 { float::log2::<M>(x) } f64 { x.log2() }
        cuda ["log2f({0})", "log2({0})"]
        grad |_y, g| [g / (x * LN_2)] sample [(1e-30, 100.0)];
    /// `log(1 + x)`, precise near 0.
    Log1p "log1p" (x) Float f32 { float::log1p::<M>(x) } f64 { x.ln_1p() }
        cuda ["log1pf({0})", "log1p({0})"]
        grad |_y, g| [g / (x + 1.0)] sample [(-0.99, 100.0)];
    /// The sine, of radians.
    Sin "sin" (x) Float f32 { float::sin::<M>(x) } f64 { x.sin() }
        cuda ["sinf({0})", "sin({0})"]
        grad |_y, g| [g * x.map(Intrinsic::Cos)] sample [(-100.0, 100.0)];
    /// The cosine, of radians.
    Cos "cos" (x) Float f32 { float::cos::<M>(x) } f64 { x.cos() }
        cuda ["cosf({0})", "cos({0})"]
        grad |_y, g| [-g * x.map(Intrinsic::Sin)] sample [(-100.0, 100.0)];
    /// The tangent, of radians.
    Tan "tan" (x) Float f32 { float::tan::<M>(x) } f64 { x.tan() }
        cuda ["tanf({0})", "tan({0})"]
        grad |y, g| [g * (y * y + 1.0)] sample [(-1.5, 1.5)];
    /// The hyperbolic tangent.
    Tanh "tanh" (x) Float f32 { float::tanh::<M>(x) } f64 { x.tanh() }
        cuda ["tanhf({0})", "tanh({0})"]
        grad |y, g| [g * (1.0 - y * y)] sample [(-10.0, 10.0)];
    /// The hyperbolic sine.
    Sinh "sinh" (x) Float f32 { float::sinh::<M>(x) } f64 { x.sinh() }
        cuda ["sinhf({0})", "sinh({0})"]
        grad |_y, g| [g * x.map(Intrinsic::Cosh)] sample [(-10.0, 10.0)];
    /// The hyperbolic cosine.
    Cosh "cosh" (x) Float f32 { float::cosh::<M>(x) } f64 { x.cosh() }
        cuda ["coshf({0})", "cosh({0})"]
        grad |_y, g| [g * x.map(Intrinsic::Sinh)] sample [(-10.0, 10.0)];
    /// The inverse sine, in radians.
    Asin "asin" (x) Float f32 { float::asin::<M>(x) } f64 { x.asin() }
        cuda ["asinf({0})", "asin({0})"]
        grad |_y, g| [g / (1.0 - x * x).map(Intrinsic::Sqrt)] sample [(-1.0, 1.0)];
    /// The inverse cosine, in radians.
    Acos "acos" (x) Float f32 { float::acos::<M>(x) } f64 { x.acos() }
        cuda ["acosf({0})", "acos({0})"]
        grad |_y, g| [-(g / (1.0 - x * x).map(Intrinsic::Sqrt))] sample [(-1.0, 1.0)];
    /// The inverse tangent, in radians.
    Atan "atan" (x) Float f32 { float::atan::<M>(x) } f64 { x.atan() }
        cuda ["atanf({0})", "atan({0})"]
        grad |_y, g| [g / (x * x + 1.0)] sample [(-10.0, 10.0)];
    /// The angle of the point (`b`, `a`), in radians. The gradient at (0, 0) is 0.
    Atan2 "atan2" (a, b) Float f32 { float::atan2::<M>(a, b) } f64 { a.atan2(b) }
        cuda ["atan2f({0}, {1})", "atan2({0}, {1})"]
        grad |_y, g| [square_ratio(g, b, a, b), square_ratio(-g, a, a, b)] sample [(-10.0, 10.0)];
    /// The error function.
    Erf "erf" (x) Float f32 { float::erf::<M>(x) } f64 { libm::erf(x) }
        cuda ["erff({0})", "erf({0})"]
        grad |_y, g| [g * (-(x * x)).map(Intrinsic::Exp) * FRAC_2_SQRT_PI] sample [(-5.0, 5.0)];
    /// `1 / (1 + exp(-x))`.
    Sigmoid "sigmoid" (x) Float f32 { float::sigmoid::<M>(x) } f64 { float::wide::sigmoid(x) }
        cuda ["1.0f / (1.0f + expf(-{0}))", "1.0 / (1.0 + exp(-{0}))"]
        grad |y, g| [g * (y * (1.0 - y))] sample [(-80.0, 80.0)];
    /// `log(1 + exp(x))`, without overflow.
    Softplus "softplus" (x) Float f32 { float::softplus::<M>(x) } f64 { x.max(0.0) + (-x.abs()).exp().ln_1p() }
        cuda ["fmaxf({0}, 0.0f) + log1pf(expf(-fabsf({0})))", "fmax({0}, 0.0) + log1p(exp(-fabs({0})))"]
        grad |_y, g| [g * x.map(Intrinsic::Sigmoid)] sample [(-80.0, 80.0)];
    /// The largest integer not above `x`.
    Floor "floor" (x) Float float { Real::floor::<M>(x) }
        cuda ["floorf({0})", "floor({0})"] sample [(-10.0, 10.0)];
    /// The smallest integer not below `x`.
    Ceil "ceil" (x) Float float { Real::ceil::<M>(x) }
        cuda ["ceilf({0})", "ceil({0})"] sample [(-10.0, 10.0)];
    /// The nearest integer, the even one of two.
    Round "round" (x) Float float { Real::round::<M>(x) }
        cuda ["rintf({0})", "rint({0})"] sample [(-10.0, 10.0)];
    /// `x` without its fraction.
    Trunc "trunc" (x) Float float { Real::trunc::<M>(x) }
        cuda ["truncf({0})", "trunc({0})"] sample [(-10.0, 10.0)];
    /// Whether `a < b`.
    Lt "lt" (a, b) Compare any { Bit::from(a < b) } cuda ["{0} < {1}"] sample [(-3.0, 3.0)];
    /// Whether `a <= b`.
    Le "le" (a, b) Compare any { Bit::from(a <= b) } cuda ["{0} <= {1}"] sample [(-3.0, 3.0)];
    /// Whether `a > b`.
    Gt "gt" (a, b) Compare any { Bit::from(a > b) } cuda ["{0} > {1}"] sample [(-3.0, 3.0)];
    /// Whether `a >= b`.
    Ge "ge" (a, b) Compare any { Bit::from(a >= b) } cuda ["{0} >= {1}"] sample [(-3.0, 3.0)];
    /// Whether `a == b`.
    Eq "eq" (a, b) Compare any { Bit::from(a == b) } cuda ["{0} == {1}"] sample [(-3.0, 3.0)];
    /// Whether `a != b`.
    Ne "ne" (a, b) Compare any { Bit::from(a != b) } cuda ["{0} != {1}"] sample [(-3.0, 3.0)];
    /// Both; of integers bit by bit.
    And "and" (a, b) Bits int { a & b } bool { Bit(a.0 & b.0) } cuda ["{0} & {1}"] sample [(0.0, 100.0)];
    /// Either or both; of integers bit by bit.
    Or "or" (a, b) Bits int { a | b } bool { Bit(a.0 | b.0) } cuda ["{0} | {1}"] sample [(0.0, 100.0)];
    /// Either but not both; of integers bit by bit.
    Xor "xor" (a, b) Bits int { a ^ b } bool { Bit(a.0 ^ b.0) } cuda ["{0} ^ {1}"] sample [(0.0, 100.0)];
    /// The opposite; of integers bit by bit.
    Not "not" (x) Bits int { !x } bool { Bit(x.0 ^ 1) } cuda ["fw_not({0})"] sample [(0.0, 100.0)];
    /// `a` shifted left by `b` modulo its bits.
    Shl "shl" (a, b) Shift int { a.wrapping_shl(b as u32) } cuda ["fw_shl({0}, {1})"] sample [(0.0, 100.0), (0.0, 7.0)];
    /// `a` shifted right by `b` modulo its bits; a sign is kept.
    Shr "shr" (a, b) Shift int { a.wrapping_shr(b as u32) } cuda ["fw_shr({0}, {1})"] sample [(0.0, 100.0), (0.0, 7.0)];
    /// `a` where `c` holds, `b` elsewhere.
    Select "select" (c, a, b) Select
        cuda ["({0} ? {1} : {2})"]
        grad |_y, g| [None, c.select(g, g.constant(0.0)), c.select(g.constant(0.0), g)]
        sample [(0.0, 1.0), (-10.0, 10.0)];
    /// Whether `x` is not a number.
    IsNan "is_nan" (x) Classify float { Bit::from(x.is_nan()) } cuda ["{0} != {0}"] sample [(-10.0, 10.0)];
    /// Whether `x` is an infinity.
    IsInf "is_inf" (x) Classify float { Bit::from(x.is_infinite()) }
        cuda ["isinf({0})"] sample [(-10.0, 10.0)];
    /// Whether `x` is neither an infinity nor a NaN.
    IsFinite "is_finite" (x) Classify float { Bit::from(x.is_finite()) }
        cuda ["isfinite({0})"] sample [(-10.0, 10.0)];
    /// A number of [0, 1) in steps of 2^-24: the upper 24 bits of word `counter % 4` of the
    /// Philox4x32-10 block `counter / 4` under the key `seed`.
    PhiloxUniform "philox_uniform" (seed, counter) Philox draw |a, b| { philox::uniform(a, b) }
        cuda ["fw_philox_uniform({0}, {1})"] sample [(0.0, 1e6)];
    /// A number of the standard normal distribution, by Box and Muller from words 0 and 1 of the
    /// Philox4x32-10 block `counter / 4` (`counter % 4` is 0: cosine, 1: sine), or from words 2 and 3
    /// (2: cosine, 3: sine).
    PhiloxNormal "philox_normal" (seed, counter) Philox draw |a, b| { philox::normal::<M>(a, b) }
        cuda ["fw_philox_normal({0}, {1})"] sample [(0.0, 1e6)];
}

/// `g * n / (a^2 + b^2)`, 0 where both are 0.
fn square_ratio<'b>(g: Expr<'b>, n: Expr<'b>, a: Expr<'b>, b: Expr<'b>) -> Expr<'b> {
    let d = a * a + b * b;
    d.with(Intrinsic::Eq, d.constant(0.0)).select(d.constant(0.0), g * n / d)
}
