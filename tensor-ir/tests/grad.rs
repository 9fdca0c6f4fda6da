//! Derivatives: of every intrinsic, at the places where formulas go wrong, and of whole fragments.

use formwork_ir::{Builder, DType, Fragment, Intrinsic, Rule, Scalar, Value};

/// A 64-bit xorshift generator.
struct Numbers(u64);

impl Numbers {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
}

fn params(op: Intrinsic) -> Vec<DType> {
    match op.rule() {
        Rule::Select => vec![DType::Bool, DType::F64, DType::F64],
        _ => vec![DType::F64; op.arity()],
    }
}

fn fragment(op: Intrinsic) -> Fragment {
    let mut b = Builder::new();
    let x: Vec<Value> = params(op).iter().map(|d| b.param(*d)).collect();
    let y = b.apply(op, &x);
    b.finish(&[y])
}

fn scalars(x: &[f64]) -> Vec<Scalar> {
    x.iter().map(|x| Scalar::Float(*x)).collect()
}

fn value(f: &Fragment, x: &[f64]) -> f64 {
    f.eval(&scalars(x))[0].to_f64()
}

/// The gradient for the cotangent `g`, 0 where there is none.
fn gradient(f: &Fragment, wrt: usize, x: &[f64], g: &[f64]) -> f64 {
    f.grad(wrt).map_or(0.0, |d| value(&d, &[x, g].concat()))
}

fn central(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let h = 1e-6 * x.abs().max(1.0);
    (f(x + h) - f(x - h)) / (2.0 * h)
}

#[test]
fn every_derivative_is_the_slope() {
    for &op in Intrinsic::ALL.iter().filter(|op| op.is_differentiable()) {
        let f = fragment(op);
        let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
        let mut checked = 0;
        for _ in 0..300 {
            let x: Vec<f64> = (0..op.arity())
                .map(|i| {
                    let (low, high) = op.sample(i);
                    // A step either way must stay inside, and not meet the other's kink.
                    let margin = 1e-3 * (high - low);
                    numbers.within(low + margin, high - margin)
                })
                .collect();
            let steps = op == Intrinsic::Rem && ((x[0] / x[1]).abs().fract() - 0.5).abs() > 0.49;
            let kink = matches!(op, Intrinsic::Max | Intrinsic::Min) && (x[0] - x[1]).abs() < 1e-3;
            if steps || kink || op == Intrinsic::Abs && x[0].abs() < 1e-3 {
                continue;
            }
            for wrt in (0..op.arity()).filter(|i| params(op)[*i].is_float()) {
                let got = gradient(&f, wrt, &x, &[1.5]);
                let at = |t: f64| {
                    let mut x = x.clone();
                    x[wrt] = t;
                    value(&f, &x)
                };
                let want = 1.5 * central(at, x[wrt]);
                // A difference of values near y has an error of eps y / h.
                let noise = 2e-10 * value(&f, &x).abs() + 1e-8;
                let tolerance = 1e-6 * want.abs() + noise;
                let curved = matches!(op, Intrinsic::Log | Intrinsic::Log2) && x[0] < 1e-2;
                if !curved {
                    assert!((got - want).abs() <= tolerance, "d{op}/dx{wrt} at {x:?}: {got}, not {want}");
                    checked += 1;
                }
            }
        }
        assert!(checked > 100, "{op}: only {checked} points");
    }
}

#[test]
fn derivatives_are_right_where_formulas_go_wrong() {
    use Intrinsic::*;
    let inf = f64::INFINITY;
    for (op, x, want) in [
        (Sigmoid, &[100.0][..], &[0.0][..]),
        (Sigmoid, &[-1000.0], &[0.0]),
        (Softplus, &[1000.0], &[1.0]),
        (Softplus, &[-1000.0], &[0.0]),
        (Tanh, &[1000.0], &[0.0]),
        (Tanh, &[-1000.0], &[0.0]),
        (Erf, &[1000.0], &[0.0]),
        (Max, &[2.0, 2.0], &[1.0, 0.0]),
        (Min, &[2.0, 2.0], &[1.0, 0.0]),
        (Abs, &[0.0], &[0.0]),
        (Sqrt, &[0.0], &[inf]),
        (Log, &[0.0], &[inf]),
        (Pow, &[0.0, 2.0], &[0.0, 0.0]),
        (Pow, &[0.0, 1.0], &[1.0, 0.0]),
        (Pow, &[0.0, 0.0], &[0.0, 0.0]),
        (Pow, &[0.0, 0.5], &[inf, 0.0]),
        (Pow, &[-2.0, 3.0], &[12.0, f64::NAN]),
        (Pow, &[3.0, 0.0], &[0.0, 3.0_f64.ln()]),
        (Atan2, &[0.0, 0.0], &[0.0, 0.0]),
        (Select, &[1.0, 5.0, 6.0], &[0.0, 1.0, 0.0]),
        (Select, &[0.0, 5.0, 6.0], &[0.0, 0.0, 1.0]),
    ] {
        for (wrt, want) in want.iter().enumerate() {
            let got = gradient(&fragment(op), wrt, x, &[1.0]);
            let near = got == *want || got.is_nan() && want.is_nan() || (got - want).abs() < 1e-12;
            assert!(near, "d{op}/dx{wrt} at {x:?}: {got}, not {want}");
        }
    }
}

#[test]
fn what_has_no_slope_has_no_gradient() {
    for op in [Intrinsic::Floor, Intrinsic::Sign, Intrinsic::Lt, Intrinsic::IsNan, Intrinsic::Round] {
        assert!(fragment(op).grad(0).is_none(), "{op}");
    }
    let mut b = Builder::new();
    let (x, y) = (b.param(DType::F32), b.param(DType::F32));
    let z = b.apply(Intrinsic::Exp, &[y]);
    let f = b.finish(&[z]);
    assert!(f.grad(0).is_none() && f.grad(1).is_some());
    let _ = x;
}

#[test]
fn casts_carry_cotangents_between_floats_only() {
    let mut b = Builder::new();
    let x = b.param(DType::F32);
    let wide = b.cast(DType::F64, x);
    let y = b.apply(Intrinsic::Mul, &[wide, wide]);
    let d = b.finish(&[y]).grad(0).unwrap();
    assert_eq!(d.params, [DType::F32, DType::F64]);
    assert_eq!(d.output_dtypes(), [DType::F32]);
    assert_eq!(value(&d, &[3.0, 1.0]), 6.0);

    let mut b = Builder::new();
    let x = b.param(DType::F32);
    let whole = b.cast(DType::I64, x);
    let y = b.cast(DType::F32, whole);
    assert!(b.finish(&[y]).grad(0).is_none());
}

/// A fragment of smooth intrinsics on three parameters, with two outputs.
fn random(numbers: &mut Numbers) -> Fragment {
    let mut b = Builder::new();
    let mut values: Vec<Value> = (0..3).map(|_| b.param(DType::F64)).collect();
    for _ in 0..12 {
        use Intrinsic::*;
        let ops = [Add, Sub, Mul, Sin, Cos, Tanh, Sigmoid, Erf, Softplus, Atan, Neg, Div, Select, Exp];
        let op = ops[numbers.below(ops.len())];
        let pick = |n: &mut Numbers, v: &[Value]| v[n.below(v.len())];
        let (x, y) = (pick(numbers, &values), pick(numbers, &values));
        let v = match op {
            // 1 + y^2 is no zero.
            Div => {
                let one = b.constant(DType::F64, 1.0);
                let square = b.apply(Mul, &[y, y]);
                let d = b.apply(Add, &[square, one]);
                b.apply(Div, &[x, d])
            }
            Select => {
                let first = values[0];
                let zero = b.constant(DType::F64, 0.0);
                let c = b.apply(Lt, &[first, zero]);
                b.apply(Select, &[c, x, y])
            }
            Exp => {
                let bounded = b.apply(Tanh, &[x]);
                b.apply(Exp, &[bounded])
            }
            _ if op.arity() == 1 => b.apply(op, &[x]),
            _ => b.apply(op, &[x, y]),
        };
        values.push(v);
    }
    let outputs = [values[values.len() - 1], values[values.len() - 2]];
    b.finish(&outputs)
}

#[test]
fn gradients_of_random_fragments_are_the_slope_in_a_random_direction() {
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    for round in 0..300 {
        let f = random(&mut numbers);
        let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| numbers.within(0.2, 1.5)).collect() };
        let (x, direction, g) = (draw(3), draw(3), draw(2));
        let along = |t: f64| {
            let x: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + t * d).collect();
            f.eval(&scalars(&x)).iter().zip(&g).map(|(y, g)| y.to_f64() * g).sum::<f64>()
        };
        let want = central(along, 0.0);
        let got: f64 = (0..3).map(|i| gradient(&f, i, &x, &g) * direction[i]).sum();
        let scale = want.abs().max(along(0.0).abs()).max(1.0);
        assert!((got - want).abs() <= 1e-6 * scale, "round {round}: {got}, not {want}\n{f}");
    }
}

#[test]
fn a_second_derivative_is_the_slope_of_the_first() {
    let f = fragment(Intrinsic::Tanh);
    let d = f.grad(0).unwrap();
    for x in [-1.5, -0.2, 0.0, 0.7, 2.0] {
        let want = central(|t| value(&d, &[t, 1.0]), x);
        assert!((gradient(&d, 0, &[x, 1.0], &[1.0]) - want).abs() < 1e-8, "at {x}");
    }
}
