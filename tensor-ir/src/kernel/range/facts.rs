//! What is known at a point of a body.

use std::collections::HashMap;

use super::super::ir::{Body, Expr, ExprNode, Index, Kernel, ScalarType, Size, SizeOp, Var};
use super::domain::{Range, apply};
use crate::Intrinsic;

/// Ranges of variables and expressions on a path to here.
#[derive(Clone)]
pub(super) struct Facts {
    vars: HashMap<Var, Range>,
    /// Of expressions that a condition compared.
    exprs: Vec<(Expr, Range)>,
    /// Of variables that are bool: what holds if they are true, and if they are false.
    bools: HashMap<Var, (Option<Expr>, Option<Expr>)>,
    /// Whether a path leads here.
    pub(super) alive: bool,
}

impl Facts {
    pub(super) fn new() -> Facts {
        Facts { vars: HashMap::new(), exprs: Vec::new(), bools: HashMap::new(), alive: true }
    }

    /// The range of an integer expression.
    pub(super) fn range(&self, kernel: Option<&Kernel>, e: &Expr) -> Range {
        let own = match &e.node {
            ExprNode::Int(x) => Range::between(*x, *x),
            ExprNode::Size(size) => Range::of_size(size),
            ExprNode::Var(v) => self.vars.get(v).cloned().unwrap_or(Range::of_type(e.ty)),
            ExprNode::Index(index) => kernel.map_or(Range::of_type(e.ty), |k| of_index(k, *index)),
            ExprNode::Apply(op, args) => {
                let args: Vec<Range> = args.iter().map(|a| self.range(kernel, a)).collect();
                apply(*op, e.ty, &args)
            }
            ExprNode::DivCeil(ab) => {
                let (a, b) = (self.range(kernel, &ab[0]), self.range(kernel, &ab[1]));
                if b.low > 0 { Range::between(0, (a.high + b.low - 1) / b.low) } else { Range::of_type(e.ty) }
            }
            ExprNode::Cast(x) if x.ty.is_integer() || x.ty == ScalarType::Bool => {
                let (from, (low, high)) = (self.range(kernel, x), e.ty.range());
                if e.ty.is_integer() && from.low >= low && from.high <= high { from } else { Range::of_type(e.ty) }
            }
            _ => Range::of_type(e.ty),
        };
        self.exprs.iter().filter(|(known, _)| known == e).fold(own, |own, (_, range)| own.meet(range))
    }

    pub(super) fn set(&mut self, var: Var, range: Range) {
        self.forget(var);
        self.vars.insert(var, range);
    }

    /// A bool variable that has the value of an expression.
    pub(super) fn set_bool(&mut self, var: Var, value: &Expr) {
        self.forget(var);
        let mut own = false;
        value.each_var(&mut |v| own |= v == var);
        if !own {
            self.bools.insert(var, (Some(value.clone()), Some(value.clone())));
        }
    }

    /// After `if t { ..; t = b }`, which makes `t` hold only if it held before, or `if !t { .. }` for the opposite:
    /// what `t` meant before, as far as it doesn't read what the block assigns.
    pub(super) fn narrowed(&mut self, var: Var, before: &Facts, holds: bool, assigned: &[Var]) {
        if let Some((yes, no)) = before.bools.get(&var) {
            let unchanged = |e: &Expr| {
                let mut same = true;
                e.each_var(&mut |v| same &= !assigned.contains(&v));
                same
            };
            let (yes, no) = (yes.clone().filter(unchanged), no.clone().filter(unchanged));
            self.bools.insert(var, if holds { (yes, None) } else { (None, no) });
        }
    }

    /// Drops all that is known of a variable.
    pub(super) fn forget(&mut self, var: Var) {
        let reads = |e: &Expr| {
            let mut found = false;
            e.each_var(&mut |v| found |= v == var);
            found
        };
        self.vars.remove(&var);
        self.exprs.retain(|(e, _)| !reads(e));
        self.bools.remove(&var);
        for (yes, no) in self.bools.values_mut() {
            yes.take_if(|e| reads(e));
            no.take_if(|e| reads(e));
        }
    }

    pub(super) fn join(self, other: Facts) -> Facts {
        match (self.alive, other.alive) {
            (_, false) => return self,
            (false, _) => return other,
            _ => {}
        }
        let vars = self.vars.iter().filter_map(|(v, a)| Some((*v, a.join(other.vars.get(v)?)))).collect();
        let exprs = self.exprs.into_iter().filter_map(|(e, a)| {
            let b = &other.exprs.iter().find(|(o, _)| *o == e)?.1;
            Some((e, a.join(b)))
        });
        let bools = self.bools.into_iter().filter(|(v, b)| other.bools.get(v) == Some(b)).collect();
        Facts { vars, exprs: exprs.collect(), bools, alive: true }
    }

    /// Adds what follows from a condition that holds, or does not.
    pub(super) fn assume(&mut self, kernel: Option<&Kernel>, cond: &Expr, holds: bool) {
        match &cond.node {
            ExprNode::Var(v) => {
                let (yes, no) = self.bools.get(v).cloned().unwrap_or_default();
                if let Some(e) = if holds { yes } else { no } {
                    self.assume(kernel, &e, holds);
                }
            }
            ExprNode::Apply(Intrinsic::Not, args) => self.assume(kernel, &args[0], !holds),
            // Both sides are known where `and` holds and where `or` does not.
            ExprNode::Apply(Intrinsic::And, args) if cond.ty == ScalarType::Bool && holds => {
                args.iter().for_each(|a| self.assume(kernel, a, true));
            }
            ExprNode::Apply(Intrinsic::Or, args) if cond.ty == ScalarType::Bool && !holds => {
                args.iter().for_each(|a| self.assume(kernel, a, false));
            }
            ExprNode::Apply(op, args) if args.len() == 2 && args[0].ty.is_integer() => {
                self.compare(kernel, *op, &args[0], &args[1], holds);
            }
            _ => {}
        }
    }

    fn compare(&mut self, kernel: Option<&Kernel>, op: Intrinsic, a: &Expr, b: &Expr, holds: bool) {
        let (x, y) = (self.range(kernel, a), self.range(kernel, b));
        let (of_a, of_b) = match (op, holds) {
            (Intrinsic::Lt, true) | (Intrinsic::Ge, false) => (y.under(false), x.over(false)),
            (Intrinsic::Le, true) | (Intrinsic::Gt, false) => (y.under(true), x.over(true)),
            (Intrinsic::Gt, true) | (Intrinsic::Le, false) => (y.over(false), x.under(false)),
            (Intrinsic::Ge, true) | (Intrinsic::Lt, false) => (y.over(true), x.under(true)),
            (Intrinsic::Eq, true) | (Intrinsic::Ne, false) => (y, x),
            // An unsigned number that is not zero is at least one.
            (Intrinsic::Ne, true) | (Intrinsic::Eq, false) if x.low == 0 && y.high == 0 => (y.over(false), y),
            _ => return,
        };
        self.refine(kernel, a, of_a);
        self.refine(kernel, b, of_b);
    }

    /// Adds that an expression is in a range, and what follows for its parts.
    fn refine(&mut self, kernel: Option<&Kernel>, e: &Expr, range: Range) {
        match &e.node {
            ExprNode::Int(_) | ExprNode::Size(_) => return,
            ExprNode::Var(v) => {
                let known = self.vars.get(v).cloned().unwrap_or(Range::of_type(e.ty)).meet(&range);
                self.vars.insert(*v, known);
                return;
            }
            ExprNode::Apply(op @ (Intrinsic::Add | Intrinsic::Mul), args) => {
                let [x, y] = [0, 1].map(|i| self.range(kernel, &args[i]));
                for (part, own, other) in [(&args[0], &x, &y), (&args[1], &y, &x)] {
                    // Neither wraps, and both are at most the whole.
                    let most =
                        if *op == Intrinsic::Add { own.high + other.high } else { own.high.saturating_mul(other.high) };
                    let least = if *op == Intrinsic::Add { 0 } else { 1 };
                    if own.low >= 0 && other.low >= least && most <= e.ty.range().1 {
                        let high = match op {
                            Intrinsic::Add => range.high.saturating_sub(other.low),
                            _ => range.high / other.low,
                        };
                        self.refine(kernel, part, Range { high, ..range.clone().at_most() });
                    }
                }
            }
            _ => {}
        }
        self.exprs.push((e.clone(), range));
    }
}

fn of_index(k: &Kernel, index: Index) -> Range {
    let threads = i128::from(k.threads());
    match index {
        Index::Thread(axis) => Range::between(0, i128::from(k.block[axis as usize]) - 1),
        Index::Block(axis) => Range::index(&k.grid[axis as usize]),
        Index::Global => {
            let all = Size::binary(SizeOp::Mul, k.grid[0].clone(), Size::Literal(k.block[0].into()));
            all.map_or(Range::of_type(ScalarType::Usize), |all| Range::index(&all))
        }
        Index::Lane => Range::between(0, threads.min(32) - 1),
        Index::Warp => Range::between(0, (threads + 31) / 32 - 1),
    }
}

/// Whether an expression and its parts can be computed in 32 bits.
pub(super) fn is_narrow(facts: &Facts, kernel: Option<&Kernel>, e: &Expr) -> bool {
    use Intrinsic::{Add, Div, Mul, Rem, Sub};
    let parts = match &e.node {
        ExprNode::Apply(Add | Sub | Mul | Div | Rem, args) => args.iter().all(|a| is_narrow(facts, kernel, a)),
        _ => true,
    };
    parts && e.ty.is_integer() && facts.range(kernel, e).is_narrow()
}

/// Type ranges of variables that nothing is known of.
pub(super) fn declared(body: &Body, var: Var) -> Range {
    Range::of_type(body.variable(var).ty)
}
