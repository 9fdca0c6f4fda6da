//! Functions of one element: a row each, and activations that are compositions of such.

use crate::dtype::{Float, Num};
use crate::graph::{Inputs, Node, named};
use crate::prim::{Meaning, pointwise};
use crate::tensor::Tensor;
use formwork_ir::{Builder, DType, Intrinsic, Value};
use formwork_shapes::Shape;

macro_rules! unary {
    ($bound:ident: $($(#[$doc:meta])* $method:ident $intrinsic:ident;)*) => {
        impl<S: Shape, E: $bound> Tensor<S, E> { $(
            $(#[$doc])*
            #[track_caller]
            pub fn $method(&self) -> Self {
                let _op = named(stringify!($method));
                Tensor::of(self.node().unary(Intrinsic::$intrinsic))
            }
        )* }
    };
}

unary! { Num:
    /// `|x|`; its gradient is 0 at 0.
    abs Abs;
    /// -1, 0 or 1.
    sign Sign;
}

unary! { Float:
    /// `1 / x`.
    recip Recip;
    /// The square root.
    sqrt Sqrt;
    /// `1 / sqrt(x)`.
    rsqrt Rsqrt;
    /// `e^x`.
    exp Exp;
    /// `2^x`.
    exp2 Exp2;
    /// `e^x - 1`, exact near 0.
    expm1 Expm1;
    /// The natural logarithm.
    log Log;
    /// The logarithm to base 2.
    log2 Log2;
    /// `ln(1 + x)`, exact near 0.
    log1p Log1p;
    /// The sine of radians.
    sin Sin;
    /// The cosine of radians.
    cos Cos;
    /// The tangent of radians.
    tan Tan;
    /// The hyperbolic tangent.
    tanh Tanh;
    /// The hyperbolic sine.
    sinh Sinh;
    /// The hyperbolic cosine.
    cosh Cosh;
    /// The arc sine, in radians.
    asin Asin;
    /// The arc cosine, in radians.
    acos Acos;
    /// The arc tangent, in radians.
    atan Atan;
    /// The error function.
    erf Erf;
    /// `1 / (1 + e^-x)`.
    sigmoid Sigmoid;
    /// `ln(1 + e^x)`.
    softplus Softplus;
    /// Rounded down.
    floor Floor;
    /// Rounded up.
    ceil Ceil;
    /// Rounded to the nearest, halves to even.
    round Round;
    /// Rounded towards 0.
    trunc Trunc;
}

/// A composition of intrinsics over parameters `x, ..`, written once a dtype.
macro_rules! activation {
    ($($(#[$doc:meta])* $method:ident($($arg:ident),*) = |$b:ident, $x:ident $(, $p:ident)*| $body:expr;)*) => {
        impl<S: Shape, E: Float> Tensor<S, E> { $(
            $(#[$doc])*
            #[track_caller]
            pub fn $method(&self $(, $arg: f64)*) -> Self {
                let _op = named(stringify!($method));
                let meaning = meaning(stringify!($method), E::DTYPE, |b, params| {
                    let [$x $(, $p)*] = params else { unreachable!("an activation has the parameters it names") };
                    let ($b, $x $(, $p)*) = (b, *$x $(, *$p)*);
                    $body
                }, [stringify!($x) $(, stringify!($p))*].len());
                Tensor::of(self.node().activation(meaning, &[$($arg),*]))
            }
        )* }
    };
}

/// The meaning of an activation for a dtype: built at its first use.
fn meaning(name: &'static str, dtype: DType, build: impl FnOnce(&mut Builder, &[Value]) -> Value, arity: usize) -> &'static Meaning {
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex};
    static KNOWN: LazyLock<Mutex<HashMap<(&'static str, DType), &'static Meaning>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(|e| e.into_inner());
    known.entry((name, dtype)).or_insert_with(|| pointwise(dtype, arity, build))
}

impl Node {
    fn activation(&self, meaning: &'static Meaning, numbers: &[f64]) -> Node {
        let mut inputs = Inputs::from_iter([self.clone()]);
        inputs.extend(numbers.iter().map(|&n| Node::number(n, self.dtype()).expand(self.dims())));
        Node::map(meaning, inputs)
    }
}

/// `op(a, literal)`.
fn with(b: &mut Builder, op: Intrinsic, a: Value, literal: f64) -> Value {
    let c = b.constant(b.dtype(a), literal);
    b.apply(op, &[a, c])
}

activation! {
    /// `max(x, 0)`; its gradient is 0 at 0. A NaN stays NaN.
    relu() = |b, x| {
        let zero = b.constant(b.dtype(x), 0.0);
        let below = b.apply(Intrinsic::Le, &[x, zero]);
        b.apply(Intrinsic::Select, &[below, zero, x])
    };
    /// `x` where it is positive, else `slope * x`.
    leaky_relu(slope) = |b, x, slope| {
        let zero = b.constant(b.dtype(x), 0.0);
        let above = b.apply(Intrinsic::Gt, &[x, zero]);
        let scaled = b.apply(Intrinsic::Mul, &[x, slope]);
        b.apply(Intrinsic::Select, &[above, x, scaled])
    };
    /// `x` where it is positive, else `alpha * (e^x - 1)`.
    elu(alpha) = |b, x, alpha| {
        let zero = b.constant(b.dtype(x), 0.0);
        let above = b.apply(Intrinsic::Gt, &[x, zero]);
        // Only the part below 0, so that neither e^x nor its gradient overflows above.
        let low = b.apply(Intrinsic::Select, &[above, zero, x]);
        let grown = b.apply(Intrinsic::Expm1, &[low]);
        let scaled = b.apply(Intrinsic::Mul, &[grown, alpha]);
        b.apply(Intrinsic::Select, &[above, x, scaled])
    };
    /// `x * sigmoid(x)`, also called swish.
    silu() = |b, x| {
        let s = b.apply(Intrinsic::Sigmoid, &[x]);
        b.apply(Intrinsic::Mul, &[x, s])
    };
    /// `x * tanh(softplus(x))`.
    mish() = |b, x| {
        let s = b.apply(Intrinsic::Softplus, &[x]);
        let t = b.apply(Intrinsic::Tanh, &[s]);
        b.apply(Intrinsic::Mul, &[x, t])
    };
    /// `x * (1 + erf(x / sqrt(2))) / 2`, PyTorch's default GELU.
    gelu() = |b, x| {
        let scaled = with(b, Intrinsic::Mul, x, std::f64::consts::FRAC_1_SQRT_2);
        let e = b.apply(Intrinsic::Erf, &[scaled]);
        let one = with(b, Intrinsic::Add, e, 1.0);
        let half = with(b, Intrinsic::Mul, x, 0.5);
        b.apply(Intrinsic::Mul, &[half, one])
    };
    /// `x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2`, PyTorch's `gelu(approximate="tanh")`.
    gelu_tanh() = |b, x| {
        let square = b.apply(Intrinsic::Mul, &[x, x]);
        let cubic = with(b, Intrinsic::Mul, square, 0.044715);
        let factor = with(b, Intrinsic::Add, cubic, 1.0);
        let inner = b.apply(Intrinsic::Mul, &[x, factor]);
        let scaled = with(b, Intrinsic::Mul, inner, (2.0 / std::f64::consts::PI).sqrt());
        let t = b.apply(Intrinsic::Tanh, &[scaled]);
        let one = with(b, Intrinsic::Add, t, 1.0);
        let half = with(b, Intrinsic::Mul, x, 0.5);
        b.apply(Intrinsic::Mul, &[half, one])
    };
    /// `ln(sigmoid(x))`.
    log_sigmoid() = |b, x| {
        let negated = b.apply(Intrinsic::Neg, &[x]);
        let s = b.apply(Intrinsic::Softplus, &[negated]);
        b.apply(Intrinsic::Neg, &[s])
    };
    /// `min(max(x / 6 + 1/2, 0), 1)`.
    hardsigmoid() = |b, x| {
        let line = with(b, Intrinsic::Mul, x, 1.0 / 6.0);
        let raised = with(b, Intrinsic::Add, line, 0.5);
        let low = with(b, Intrinsic::Max, raised, 0.0);
        with(b, Intrinsic::Min, low, 1.0)
    };
}
