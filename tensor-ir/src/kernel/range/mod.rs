//! Intervals of integers: which accesses are in bounds, and which numbers fit 32 bits.
//!
//! One walk over the statements with what is known on each path: ranges from the block, the grid, loops and conditions,
//! and run-time sizes that a number is less than, compared as they are written (an index below `N` is inside an axis of
//! `N`). A loop forgets what its body assigns. Accesses that are proven lose their check.

mod domain;
mod facts;

use std::collections::HashSet;

use super::ir::{Access, Body, Expr, ExprNode, For, Kernel, ScalarType, Size, Stmt, StmtNode, Storage, Var};
use crate::Intrinsic;
use domain::Range;
use facts::{Facts, declared, is_narrow};

/// Marks the accesses of a kernel that are in bounds, and those and the variables that fit 32 bits.
pub fn prove(kernel: &mut Kernel) {
    let mut body = std::mem::take(&mut kernel.body);
    walk(Some(kernel), &mut body);
    kernel.body = body;
    for function in &mut kernel.functions {
        walk(None, &mut function.body);
    }
}

fn walk(kernel: Option<&Kernel>, body: &mut Body) {
    let mut stmts = std::mem::take(&mut body.stmts);
    let wide = body.variables.iter().map(|v| !v.ty.is_integer()).collect();
    let mut prover = Prover { kernel, body, wide };
    // Parameters: whatever their type holds.
    let mut declared_here = HashSet::new();
    declarations(&stmts, &mut declared_here);
    for i in 0..prover.wide.len() {
        let var = Var(i as u32);
        if !declared_here.contains(&var) && !declared(prover.body, var).is_narrow() {
            prover.wide[i] = true;
        }
    }
    prover.block(&mut stmts, Facts::new());
    let wide = prover.wide;
    body.stmts = stmts;
    body.variables.iter_mut().zip(wide).for_each(|(v, wide)| v.narrow = !wide);
}

struct Prover<'a> {
    kernel: Option<&'a Kernel>,
    body: &'a Body,
    /// By variable: whether some value of it may not fit 32 bits.
    wide: Vec<bool>,
}

impl Prover<'_> {
    fn range(&self, facts: &Facts, e: &Expr) -> Range {
        facts.range(self.kernel, e)
    }

    fn block(&mut self, stmts: &mut [Stmt], mut facts: Facts) -> Facts {
        for s in stmts {
            facts = self.stmt(&mut s.node, facts);
        }
        facts
    }

    fn give(&mut self, facts: &mut Facts, var: Var, value: &Expr) {
        if value.ty == ScalarType::Bool {
            return facts.set_bool(var, value);
        }
        if value.ty.is_integer() {
            self.wide[var.0 as usize] |= !is_narrow(facts, self.kernel, value);
            let range = self.range(facts, value);
            facts.set(var, range);
        }
    }

    /// A variable with a value that is not computed here.
    fn any(&mut self, facts: &mut Facts, var: Var) {
        self.wide[var.0 as usize] |= !declared(self.body, var).is_narrow();
        facts.forget(var);
    }

    fn stmt(&mut self, node: &mut StmtNode, mut facts: Facts) -> Facts {
        match node {
            StmtNode::Let { var, value: Some(value) } | StmtNode::Assign { var, value } => {
                self.give(&mut facts, *var, value);
            }
            StmtNode::Let { var, value: None } => facts.forget(*var),
            StmtNode::Load { var, from } => {
                self.access(&facts, from, 1);
                self.any(&mut facts, *var);
            }
            StmtNode::Store { to, .. } => self.access(&facts, to, 1),
            StmtNode::LoadVector { array, from: access } | StmtNode::StoreVector { to: access, array } => {
                let width = self.body.arrays[*array as usize].elements().unwrap_or(1);
                self.access(&facts, access, width);
            }
            StmtNode::Atomic { var, at, .. } => {
                self.access(&facts, at, 1);
                var.iter().for_each(|v| self.any(&mut facts, *v));
            }
            StmtNode::Collective { var, .. } => self.any(&mut facts, *var),
            StmtNode::Call { vars, .. } => vars.iter().for_each(|v| self.any(&mut facts, *v)),
            StmtNode::If { cond, then, els } => {
                let (mut yes, mut no) = (facts.clone(), facts.clone());
                yes.assume(self.kernel, cond, true);
                no.assume(self.kernel, cond, false);
                let (yes, no) = (self.block(then, yes), self.block(els, no));
                let mut after = yes.join(no);
                if let (Some((var, holds)), true) = (lazy(cond, then), els.is_empty()) {
                    let mut assigned = Vec::new();
                    each_assigned(then, &mut |v| assigned.push(v));
                    after.narrowed(var, &facts, holds, &assigned);
                }
                return after;
            }
            StmtNode::While { cond, body } => {
                forget_assigned(body, &mut facts);
                let mut inside = facts.clone();
                inside.assume(self.kernel, cond, true);
                self.block(body, inside);
                if !breaks(body) {
                    facts.assume(self.kernel, cond, false);
                }
            }
            StmtNode::For(l) => return self.for_(l, facts),
            StmtNode::Break | StmtNode::Continue | StmtNode::Return(_) => facts.alive = false,
            StmtNode::Block(body) => return self.block(body, facts),
            StmtNode::Check { .. } | StmtNode::Fail { .. } | StmtNode::Sync(_) => {}
            StmtNode::LetArray { .. } | StmtNode::CopyArray { .. } => {}
        }
        facts
    }

    fn for_(&mut self, l: &mut For, mut facts: Facts) -> Facts {
        let (start, end, step) =
            (self.range(&facts, &l.start), self.range(&facts, &l.end), self.range(&facts, &l.step));
        let narrow = is_narrow(&facts, self.kernel, &l.start) && is_narrow(&facts, self.kernel, &l.end);
        self.wide[l.var.0 as usize] |= !narrow;
        forget_assigned(&l.body, &mut facts);
        let mut inside = facts.clone();
        let within = end.under(l.inclusive);
        let aligned = if l.rev { 1 } else { start.join(&step).multiple };
        let known =
            Range { low: start.low, high: within.high.max(start.low), multiple: aligned, exact: None, ..within };
        inside.set(l.var, known);
        self.block(&mut l.body, inside);
        facts.forget(l.var);
        facts
    }

    /// Of an access to `width` elements in a row.
    fn access(&self, facts: &Facts, access: &mut Access, width: u64) {
        if !facts.alive {
            return;
        }
        let dims: Vec<Size> = match (access.array, self.kernel) {
            (Storage::Local(i), _) => self.body.arrays[i as usize].dims.clone(),
            (storage, Some(kernel)) => kernel.array(self.body, storage).dims.clone(),
            (_, None) => return,
        };
        let ranges: Vec<Range> = access.indices.iter().map(|e| self.range(facts, e)).collect();
        let inside = ranges.iter().zip(&dims).all(|(r, d)| r.low >= 0 && r.is_below(d));
        let aligned = width == 1
            || match (ranges.last(), dims.last().map(Size::literal)) {
                (Some(last), Some(Some(d))) => {
                    last.multiple.is_multiple_of(width)
                        && (dims.len() == 1 || d.is_multiple_of(width))
                        && last.high + i128::from(width) <= i128::from(d)
                }
                _ => false,
            };
        if inside && aligned {
            access.checked = false;
        }
        let elements = dims.iter().try_fold(1u64, |n, d| n.checked_mul(d.literal()?));
        let small = elements.is_some_and(|n| n < 1 << 31);
        access.narrow = small && access.indices.iter().all(|e| is_narrow(facts, self.kernel, e));
    }
}

/// Whether `if cond { then }` is the rest of a lazy `&&` or `||`: its variable, and whether it is tested as it is.
fn lazy(cond: &Expr, then: &[Stmt]) -> Option<(Var, bool)> {
    let (var, holds) = match &cond.node {
        ExprNode::Var(v) => (*v, true),
        ExprNode::Apply(Intrinsic::Not, args) => match args[0].node {
            ExprNode::Var(v) => (v, false),
            _ => return None,
        },
        _ => return None,
    };
    let last = then.last().is_some_and(|s| matches!(&s.node, StmtNode::Assign { var: v, .. } if *v == var));
    last.then_some((var, holds))
}

/// Calls `f` with each statement, at any depth.
fn each(stmts: &[Stmt], f: &mut impl FnMut(&StmtNode)) {
    for s in stmts {
        f(&s.node);
        match &s.node {
            StmtNode::If { then, els, .. } => {
                each(then, f);
                each(els, f);
            }
            StmtNode::While { body, .. } | StmtNode::For(For { body, .. }) | StmtNode::Block(body) => each(body, f),
            _ => {}
        }
    }
}

fn each_assigned(body: &[Stmt], f: &mut impl FnMut(Var)) {
    each(body, &mut |node| {
        if let StmtNode::Assign { var, .. } = node {
            f(*var);
        }
    });
}

fn forget_assigned(body: &[Stmt], facts: &mut Facts) {
    each_assigned(body, &mut |var| facts.forget(var));
}

fn declarations(stmts: &[Stmt], into: &mut HashSet<Var>) {
    each(stmts, &mut |node| match node {
        StmtNode::Let { var, .. } | StmtNode::Load { var, .. } | StmtNode::Collective { var, .. } => {
            into.insert(*var);
        }
        StmtNode::Atomic { var, .. } => into.extend(*var),
        StmtNode::Call { vars, .. } => into.extend(vars),
        StmtNode::For(l) => {
            into.insert(l.var);
        }
        _ => {}
    });
}

/// Whether a loop with this body may end by `break`. One of an inner loop counts too.
fn breaks(body: &[Stmt]) -> bool {
    let mut found = false;
    each(body, &mut |node| found |= *node == StmtNode::Break);
    found
}
