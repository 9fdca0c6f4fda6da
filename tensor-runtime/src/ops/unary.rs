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
fn meaning(
    name: &'static str,
    dtype: DType,
    build: impl FnOnce(&mut Builder, &[Value]) -> Value,
    arity: usize,
) -> &'static Meaning {
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
    /// `min(max(x, low), high)` like [`Tensor::clamp`], with a gradient of 0 at the ends. PyTorch's bounds are -1 and 1.
    hardtanh(low, high) = |b, x, low, high| {
        let above = b.apply(Intrinsic::Gt, &[x, low]);
        let raised = b.apply(Intrinsic::Select, &[above, x, low]);
        let below = b.apply(Intrinsic::Lt, &[raised, high]);
        let kept = b.apply(Intrinsic::Select, &[below, raised, high]);
        // A NaN is neither above nor below, and stays.
        let nan = b.apply(Intrinsic::Ne, &[x, x]);
        b.apply(Intrinsic::Select, &[nan, x, kept])
    };
    /// `x * min(max(x + 3, 0), 6) / 6`.
    hardswish() = |b, x| {
        let raised = with(b, Intrinsic::Add, x, 3.0);
        let low = with(b, Intrinsic::Max, raised, 0.0);
        let bounded = with(b, Intrinsic::Min, low, 6.0);
        let product = b.apply(Intrinsic::Mul, &[x, bounded]);
        with(b, Intrinsic::Div, product, 6.0)
    };
    /// `x / (1 + |x|)`.
    softsign() = |b, x| {
        let size = b.apply(Intrinsic::Abs, &[x]);
        let below = with(b, Intrinsic::Add, size, 1.0);
        b.apply(Intrinsic::Div, &[x, below])
    };
    /// `x` where it is positive, else `alpha * (e^(x / alpha) - 1)`.
    celu(alpha) = |b, x, alpha| {
        let zero = b.constant(b.dtype(x), 0.0);
        let above = b.apply(Intrinsic::Gt, &[x, zero]);
        let low = b.apply(Intrinsic::Select, &[above, zero, x]);
        let share = b.apply(Intrinsic::Div, &[low, alpha]);
        let grown = b.apply(Intrinsic::Expm1, &[share]);
        let scaled = b.apply(Intrinsic::Mul, &[grown, alpha]);
        b.apply(Intrinsic::Select, &[above, x, scaled])
    };
    /// `1.0507 x` where it is positive, else `1.7581 (e^x - 1)`: keeps mean 0 and variance 1. Klambauer et al. 2017.
    selu() = |b, x| {
        const SCALE: f64 = 1.050_700_987_355_480_5;
        const ALPHA: f64 = 1.673_263_242_354_377_2;
        let zero = b.constant(b.dtype(x), 0.0);
        let above = b.apply(Intrinsic::Gt, &[x, zero]);
        let low = b.apply(Intrinsic::Select, &[above, zero, x]);
        let grown = b.apply(Intrinsic::Expm1, &[low]);
        let left = with(b, Intrinsic::Mul, grown, SCALE * ALPHA);
        let right = with(b, Intrinsic::Mul, x, SCALE);
        b.apply(Intrinsic::Select, &[above, right, left])
    };
    /// The logarithm to base 10.
    log10() = |b, x| {
        let log = b.apply(Intrinsic::Log, &[x]);
        with(b, Intrinsic::Mul, log, std::f64::consts::LOG10_E)
    };
    /// The inverse hyperbolic sine, exact near 0.
    asinh() = |b, x| {
        let zero = b.constant(b.dtype(x), 0.0);
        let negative = b.apply(Intrinsic::Lt, &[x, zero]);
        let flipped = b.apply(Intrinsic::Neg, &[x]);
        let size = b.apply(Intrinsic::Select, &[negative, flipped, x]);
        // ln(a + sqrt(a^2 + 1)) = log1p(a + a^2 / (1 + sqrt(a^2 + 1)))
        let near = with(b, Intrinsic::Min, size, far(b.dtype(x)));
        let square = b.apply(Intrinsic::Mul, &[near, near]);
        let raised = with(b, Intrinsic::Add, square, 1.0);
        let root = b.apply(Intrinsic::Sqrt, &[raised]);
        let below = with(b, Intrinsic::Add, root, 1.0);
        let share = b.apply(Intrinsic::Div, &[square, below]);
        let sum = b.apply(Intrinsic::Add, &[near, share]);
        let inner = b.apply(Intrinsic::Log1p, &[sum]);
        let y = or_log_of_twice(b, size, inner);
        let back = b.apply(Intrinsic::Neg, &[y]);
        b.apply(Intrinsic::Select, &[negative, back, y])
    };
    /// The inverse hyperbolic cosine, of numbers from 1; exact near 1.
    acosh() = |b, x| {
        // ln(x + sqrt(x^2 - 1)) = log1p(t + sqrt(2 t + t^2)) for t = x - 1
        let near = with(b, Intrinsic::Min, x, far(b.dtype(x)));
        let t = with(b, Intrinsic::Sub, near, 1.0);
        let square = b.apply(Intrinsic::Mul, &[t, t]);
        let twice = b.apply(Intrinsic::Add, &[t, t]);
        let sum = b.apply(Intrinsic::Add, &[twice, square]);
        let root = b.apply(Intrinsic::Sqrt, &[sum]);
        let sum = b.apply(Intrinsic::Add, &[t, root]);
        let inner = b.apply(Intrinsic::Log1p, &[sum]);
        or_log_of_twice(b, x, inner)
    };
    /// The inverse hyperbolic tangent, of numbers from -1 to 1.
    atanh() = |b, x| {
        let flipped = b.apply(Intrinsic::Neg, &[x]);
        let above = b.apply(Intrinsic::Log1p, &[x]);
        let below = b.apply(Intrinsic::Log1p, &[flipped]);
        let difference = b.apply(Intrinsic::Sub, &[above, below]);
        with(b, Intrinsic::Mul, difference, 0.5)
    };
}

/// From where on `ln(2 x)` is as good as `asinh(x)` and `acosh(x)`: `1 / (4 x^2)` is below the precision of `dtype`.
fn far(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e8,
        DType::F16 => 1e2,
        _ => 1e4,
    }
}

/// `inner`, or `ln(2 x)` for large `x`.
fn or_log_of_twice(b: &mut Builder, x: Value, inner: Value) -> Value {
    let limit = b.constant(b.dtype(x), far(b.dtype(x)));
    let is_far = b.apply(Intrinsic::Gt, &[x, limit]);
    let large = b.apply(Intrinsic::Select, &[is_far, x, limit]);
    let log = b.apply(Intrinsic::Log, &[large]);
    let outer = with(b, Intrinsic::Add, log, std::f64::consts::LN_2);
    b.apply(Intrinsic::Select, &[is_far, outer, inner])
}

impl<S: Shape, E: Float> Tensor<S, E> {
    /// `min(max(x, 0), 6)`, with a gradient of 0 at the ends.
    #[track_caller]
    pub fn relu6(&self) -> Self {
        let _op = named("relu6");
        self.hardtanh(0.0, 6.0)
    }
}
