//! Loops in which the threads share the numbers among them, `for j in (thread_idx()..n).step_by(block_dim())`.
//!
//! Thread by thread such a loop would walk memory in strides. All threads of a block take their first number, then their
//! second: so neighbours follow each other, and the compiler makes vectors of them. Threads run in any order between
//! barriers, so this is one of the orders that the language allows.

use super::facts::{Exit, exits_of};
use super::plan::{At, Names, Planner};
use crate::kernel::ast::{Parts, Step};
use crate::kernel::check::each_expr;
use formwork_ir::kernel::StmtNode;
use formwork_ir::kernel::uniform::Level;
use syn::{Expr, Pat, RangeLimits};

/// The parts of `for pat in (start..end).step_by(step) body`.
pub struct Strided {
    pub pat: Pat,
    pub start: Expr,
    pub end: Expr,
    pub method: proc_macro2::Ident,
    pub step: Expr,
    pub body: syn::Block,
}

/// The loop that a statement is, if it is such a one and nothing leaves it early.
pub fn find(planner: &Planner, step: &Step, at: At) -> Option<Strided> {
    let (Parts::For(_), syn::Stmt::Expr(Expr::ForLoop(e), _)) = (&step.parts, &step.source) else { return None };
    let [stmt] = &step.meaning[..] else { return None };
    let StmtNode::For { body, .. } = &stmt.node else { return None };
    let Expr::MethodCall(by) = &*e.expr else { return None };
    let Expr::Range(range) = bare(&by.receiver) else { return None };
    let (Some(start), Some(end), Some(width)) = (&range.start, &range.end, by.args.first()) else { return None };
    if by.method != "step_by" || by.args.len() != 1 || matches!(range.limits, RangeLimits::Closed(_)) {
        return None;
    }
    let mut leaves = false;
    exits_of(body, 0, &mut |kind, _| leaves |= matches!(kind, Exit::Return | Exit::Break | Exit::Continue));
    let mut uses = vec![];
    each_expr(stmt, &mut |x| super::facts::collect(&x.node, &mut uses));
    let uses: Names = uses.into_iter().collect();
    let counts = counts_lanes(planner, start, at.scope);
    let even = planner.is_same(end, &uses, at) && planner.is_same(width, &uses, at);
    (counts && even && !leaves && matches!(&*e.pat, Pat::Ident(_))).then(|| Strided {
        pat: (*e.pat).clone(),
        start: (**start).clone(),
        end: (**end).clone(),
        method: by.method.clone(),
        step: width.clone(),
        body: e.body.clone(),
    })
}

fn bare(expr: &Expr) -> &Expr {
    if let Expr::Paren(paren) = expr { bare(&paren.expr) } else { expr }
}

/// Whether it is the first lane's value plus the number of the lane in the scope.
fn counts_lanes(planner: &Planner, start: &Expr, scope: Level) -> bool {
    let kernel = planner.emit.kernel;
    match bare(start) {
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return false };
            let Some(name) = path.path.get_ident() else { return false };
            let one_axis = kernel.template.block.len() == 1;
            match scope {
                Level::Block => one_axis && (name == "thread_idx" || name == "global_idx"),
                _ => name == "lane_idx" || one_axis && (name == "thread_idx" || name == "global_idx"),
            }
        }
        // `let t = thread_idx();` before it.
        Expr::Path(path) => {
            let Some(name) = path.path.get_ident() else { return false };
            let mut declared = kernel.steps.iter().filter_map(|step| match &step.source {
                syn::Stmt::Local(local) => match (&local.pat, &local.init) {
                    (Pat::Ident(p), Some(init)) if p.ident == *name && p.mutability.is_none() => Some(&*init.expr),
                    _ => None,
                },
                _ => None,
            });
            let known = kernel.variables.values().filter(|v| v.name == *name).count() == 1;
            known && declared.next().is_some_and(|e| matches!(e, Expr::Call(_)) && counts_lanes(planner, e, scope))
        }
        _ => false,
    }
}
