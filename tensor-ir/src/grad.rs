//! The gradient of a fragment: another fragment, by reverse mode.
//!
//! A branch of a `select` that is not taken has a cotangent of 0, but its derivative may be infinite there, and 0 times
//! infinity is no number. So a cotangent is not selected where it enters a branch. It carries the branch as a *guard*,
//! the conditions under which it counts, and becomes 0 elsewhere only after it has passed the branch: where it meets
//! cotangents that count more often, and at the parameter.

use std::cell::RefCell;

use crate::intrinsic::{Expr, derivative};
use crate::{Builder, Fragment, Inst, Intrinsic, Value};

impl Fragment {
    /// The cotangent of parameter `wrt`: a fragment of all parameters, then one cotangent for each
    /// output in the output's dtype (those of outputs that are not floats are ignored), with one
    /// output of the parameter's dtype. `None` if no output depends on it with a derivative.
    ///
    /// ```
    /// use formwork_ir::{Builder, DType, Intrinsic, Scalar};
    /// let mut b = Builder::new();
    /// let x = b.param(DType::F64);
    /// let y = b.apply(Intrinsic::Sin, &[x]);
    /// let sin = b.finish(&[y]);
    /// let grad = sin.grad(0).expect("sin has a derivative");
    /// assert_eq!(grad.eval(&[Scalar::Float(0.0), Scalar::Float(3.0)]), [Scalar::Float(3.0)]);
    /// ```
    pub fn grad(&self, wrt: usize) -> Option<Fragment> {
        let active = self.active(wrt);
        let mut builder = Builder::new();
        let params: Vec<Value> = self.params.iter().map(|d| builder.param(*d)).collect();
        let cotangents: Vec<Value> = self.output_dtypes().iter().map(|d| builder.param(*d)).collect();
        let values = self.inline_all(&mut builder, &params);

        let mut sums: Vec<Vec<Guarded>> = vec![Vec::new(); self.insts.len()];
        for (output, g) in self.outputs.iter().zip(&cotangents) {
            if active[output.0 as usize] {
                add(&mut builder, &mut sums[output.0 as usize], Guarded { guard: Vec::new(), g: *g });
            }
        }
        let builder = RefCell::new(builder);
        for (i, inst) in self.insts.iter().enumerate().rev() {
            if matches!(inst, Inst::Param(_) | Inst::Const(_)) {
                continue;
            }
            for Guarded { guard, g } in std::mem::take(&mut sums[i]) {
                for (v, guarded) in self.pass(inst, &builder, &values, values[i], guard, g) {
                    if active[v.0 as usize] {
                        add(&mut builder.borrow_mut(), &mut sums[v.0 as usize], guarded);
                    }
                }
            }
        }
        let mut builder = builder.into_inner();
        let param = self.insts.iter().position(|inst| *inst == Inst::Param(wrt as u32))?;
        let parts: Vec<Value> = sums[param].iter().map(|s| s.outside(&mut builder, 0)).collect();
        let result = parts.into_iter().reduce(|a, b| builder.apply(Intrinsic::Add, &[a, b]))?;
        Some(builder.finish(&[result]))
    }

    /// What a cotangent of an instruction's result `y` gives to its arguments.
    fn pass(
        &self,
        inst: &Inst,
        builder: &RefCell<Builder>,
        values: &[Value],
        y: Value,
        guard: Guard,
        g: Value,
    ) -> Vec<(Value, Guarded)> {
        match inst {
            Inst::Param(_) | Inst::Const(_) => Vec::new(),
            Inst::Cast(_, v) => {
                let g = builder.borrow_mut().cast(self.dtypes[v.0 as usize], g);
                vec![(*v, Guarded { guard, g })]
            }
            Inst::Apply(Intrinsic::Select, args) => {
                let cond = values[args[0].0 as usize];
                let sides = [(args[1], true), (args[2], false)];
                let counts = sides.into_iter().filter(|(_, side)| !guard.contains(&(cond, !side)));
                let branch = |side| match guard.contains(&(cond, side)) {
                    true => guard.clone(),
                    false => guard.iter().copied().chain([(cond, side)]).collect(),
                };
                counts.map(|(v, side)| (v, Guarded { guard: branch(side), g })).collect()
            }
            Inst::Apply(op, args) => {
                let expr = |v: Value| Expr::new(builder, v);
                let x: Vec<Expr> = args.iter().map(|v| expr(values[v.0 as usize])).collect();
                let dx = derivative(*op, &x, expr(y), expr(g));
                let some = args.iter().zip(dx).filter_map(|(v, d)| Some((*v, d?.value)));
                some.map(|(v, g)| (v, Guarded { guard: guard.clone(), g })).collect()
            }
        }
    }

    /// For each value whether it depends on parameter `wrt` with a derivative.
    fn active(&self, wrt: usize) -> Vec<bool> {
        let mut active: Vec<bool> = Vec::with_capacity(self.insts.len());
        for (inst, dtype) in self.insts.iter().zip(&self.dtypes) {
            let depends = match inst {
                Inst::Param(p) => *p as usize == wrt,
                Inst::Const(_) => false,
                Inst::Cast(_, v) => active[v.0 as usize],
                Inst::Apply(op, args) => op.is_differentiable() && args.iter().any(|v| active[v.0 as usize]),
            };
            active.push(depends && dtype.is_float());
        }
        active
    }
}

/// The branches in which a cotangent counts, from the outermost on: a condition, and whether it holds.
type Guard = Vec<(Value, bool)>;

/// A cotangent in a branch. Elsewhere its value means nothing.
#[derive(Clone)]
struct Guarded {
    guard: Guard,
    g: Value,
}

/// Beyond this many branches that meet in a value, the derivative isn't computed for each any more.
const MOST_BRANCHES: usize = 8;

impl Guarded {
    /// The cotangent under the first `depth` conditions only: 0 where the others do not hold.
    fn outside(&self, b: &mut Builder, depth: usize) -> Value {
        let zero = b.constant(b.dtype(self.g), 0.0);
        let inner = self.guard[depth..].iter().rev();
        inner.fold(self.g, |g, (cond, side)| select(b, *cond, *side, g, zero))
    }
}

/// `a` where the condition is as `side` says, `b` elsewhere.
fn select(builder: &mut Builder, cond: Value, side: bool, a: Value, b: Value) -> Value {
    let (a, b) = if side { (a, b) } else { (b, a) };
    builder.apply(Intrinsic::Select, &[cond, a, b])
}

/// Adds a cotangent to those of a value. They stay apart if they belong to branches of different conditions, since a
/// sum of zeros would be as bad as one zero.
fn add(b: &mut Builder, sums: &mut Vec<Guarded>, mut new: Guarded) {
    let mut i = 0;
    while i < sums.len() {
        match met(b, &sums[i], &new) {
            Some(both) => {
                sums.swap_remove(i);
                (new, i) = (both, 0);
            }
            None => i += 1,
        }
    }
    sums.push(new);
    if sums.len() > MOST_BRANCHES {
        let parts: Vec<Value> = sums.drain(..).map(|s| s.outside(b, 0)).collect();
        let sum = parts.into_iter().reduce(|x, y| b.apply(Intrinsic::Add, &[x, y]));
        sums.extend(sum.map(|g| Guarded { guard: Vec::new(), g }));
    }
}

/// The sum of two cotangents, if it makes no zero where neither counts.
fn met(b: &mut Builder, x: &Guarded, y: &Guarded) -> Option<Guarded> {
    let depth = x.guard.iter().zip(&y.guard).take_while(|(x, y)| x == y).count();
    let guard = x.guard[..depth].to_vec();
    let g = match (&x.guard[depth..], &y.guard[depth..]) {
        ([], _) | (_, []) => {
            let (p, q) = (x.outside(b, depth), y.outside(b, depth));
            b.apply(Intrinsic::Add, &[p, q])
        }
        // The two sides of one condition.
        ([(c, side)], [(d, other)]) if c == d && side != other => select(b, *c, *side, x.g, y.g),
        _ => return None,
    };
    Some(Guarded { guard, g })
}
