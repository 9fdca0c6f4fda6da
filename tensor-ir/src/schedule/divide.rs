//! Division of many values by one: a multiplication by its reciprocal, corrected to the bits of a division.
//!
//! Markstein, *Computation of elementary functions on the IBM RISC System/6000* (1990): for `r = 1 / d`, correctly rounded,
//! and a `q` next to `x / d`, `q + r (x - q d)` is `x / d` correctly rounded, if nothing leaves the normal range. The first
//! `q` is `x r` corrected once in the same way.

use super::emit::{Emit, Held};
use super::write::{all, apply, cast, compare, mul_float, not, select};
use crate::kernel::ir::{Expr, ExprNode, ScalarType};
use crate::{Compute, Intrinsic, StepOp, Value};

const F32: ScalarType = ScalarType::F32;

fn float(x: f64) -> Expr {
    Expr { ty: F32, node: ExprNode::Float(x) }
}

fn fma(a: Expr, b: Expr, c: Expr) -> Expr {
    Expr { ty: F32, node: ExprNode::Fma(Box::new([a, b, c])) }
}

fn negative(x: Expr) -> Expr {
    apply(Intrinsic::Neg, F32, vec![x])
}

/// Whether a magnitude is between two powers of two; a NaN is not.
fn between(x: &Expr, low: i32, high: i32) -> Expr {
    let size = apply(Intrinsic::Abs, F32, vec![x.clone()]);
    let bounds = [(Intrinsic::Ge, low), (Intrinsic::Le, high)];
    let tests = bounds.map(|(op, power)| compare(op, size.clone(), float(2f64.powi(power))));
    all(tests).unwrap_or(Expr::bool(true))
}

impl Emit<'_> {
    /// Prepares to divide by those of these steps, known from here on, by which many values are divided.
    pub fn divisors(&mut self, steps: &[usize], many: &dyn Fn(usize) -> bool) {
        let all_steps = &self.space.program.steps;
        let divides = |v: usize| {
            let by = |s: &crate::Step| matches!(&s.op, StepOp::Apply(Intrinsic::Div, args) if args[1].0 as usize == v);
            all_steps.iter().enumerate().any(|(i, s)| by(s) && many(i))
        };
        for &v in steps {
            let step = &all_steps[v];
            let held = matches!(self.held[v], Some(Held::One(_)));
            if step.dtype.compute() != Compute::F32 || !step.dtype.is_float() || !held || !divides(v) {
                continue;
            }
            let d = cast(F32, self.value(Value(v as u32)));
            let usable = between(&d, -30, 30);
            let one = apply(Intrinsic::Recip, F32, vec![d]);
            self.reciprocals[v] = Some(self.w.bind("over", select(usable, one, float(f64::NAN))));
        }
    }

    /// Computes steps at each lane and stages outputs. If quotients by reciprocals are among them, all lanes are computed
    /// once more where one is not exact: one branch instead of one a lane.
    pub fn stage_lanes(&mut self, steps: &[usize], outputs: &[usize], staged: &[Option<u32>]) {
        let all_steps = &self.space.program.steps;
        let by_reciprocal = |i: &usize| match &all_steps[*i].op {
            StepOp::Apply(Intrinsic::Div, args) => self.reciprocals[args[1].0 as usize].is_some(),
            _ => false,
        };
        let again = self.lane.is_some() && staged.iter().all(Option::is_some) && steps.iter().any(by_reciprocal);
        self.safe = again.then(|| self.w.variable("safe", Expr::bool(true)));
        let lanes = |e: &mut Self| {
            e.each_lane(|e| {
                e.compute(steps);
                e.store_lane(outputs, staged);
            });
        };
        lanes(self);
        if let Some(safe) = self.safe.take() {
            let none = vec![None; self.reciprocals.len()];
            let reciprocals = std::mem::replace(&mut self.reciprocals, none);
            self.only_if(Some(not(Expr::var(ScalarType::Bool, safe))), lanes);
            self.reciprocals = reciprocals;
        }
    }

    /// `x / d` of a divisor whose reciprocal is known.
    pub fn quotient(&mut self, name: &str, ty: ScalarType, x: Value, d: Value) -> Expr {
        let Some(r) = self.reciprocals[d.0 as usize].clone() else { return float(f64::NAN) };
        let (x, d) = (cast(F32, self.value(x)), cast(F32, self.value(d)));
        let mut q = self.w.bind("q", mul_float(x.clone(), r.clone()));
        for _ in 0..2 {
            let rest = fma(negative(q.clone()), d.clone(), x.clone());
            q = self.w.bind("q", fma(rest, r.clone(), q));
        }
        let safe = between(&q, -60, 90);
        if let Some(all_safe) = self.safe {
            let both = all([Expr::var(ScalarType::Bool, all_safe), safe]);
            both.into_iter().for_each(|both| self.w.assign(all_safe, both));
            return self.w.bind(name, cast(ty, q));
        }
        let exact = self.w.variable(name, q);
        self.w.open();
        self.w.assign(exact, apply(Intrinsic::Div, F32, vec![x, d]));
        self.w.close_if(Some(not(safe)));
        self.w.bind(name, cast(ty, Expr::var(F32, exact)))
    }
}
