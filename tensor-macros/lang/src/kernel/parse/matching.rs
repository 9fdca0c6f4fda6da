//! `match` on scalars, as a chain of `if`.

use super::Parser;
use formwork_ir::kernel::{BinOp, Block, Expr, ExprNode, Stmt, StmtNode, UnOp};
use proc_macro2::{Ident, Span};
use syn::Pat;
use syn::spanned::Spanned;

/// An arm: when it is taken (`None`: always), what it binds, its body.
struct Arm<T> {
    cond: Option<Expr>,
    binds: Vec<Stmt>,
    body: T,
}

impl Parser<'_> {
    pub(super) fn match_statement(&mut self, e: &syn::ExprMatch) -> Vec<Stmt> {
        let (mut out, arms) = self.arms(e, |p, body| match body {
            syn::Expr::Block(block) => super::stmt::meaning(&p.list(&block.block)),
            body => p.arm(body),
        });
        let mut rest: Block = vec![];
        for arm in arms.into_iter().rev() {
            let mut then = arm.binds;
            then.extend(arm.body);
            rest = match arm.cond {
                None => then,
                Some(cond) => vec![self.make_stmt(e.match_token.span(), StmtNode::If { cond, then, els: rest })],
            };
        }
        out.extend(rest);
        vec![self.make_stmt(e.match_token.span(), StmtNode::Block(out))]
    }

    pub(super) fn match_value(&mut self, e: &syn::ExprMatch) -> Expr {
        let span = e.match_token.span();
        let (before, arms) = self.under("a `match` with a value", |p| {
            p.arms(e, |p, body| match body {
                syn::Expr::Block(block) => p.block_value(&block.block),
                body => (vec![], p.expr(body)),
            })
        });
        let mut rest: Option<(Block, Expr)> = None;
        for arm in arms.into_iter().rev() {
            let (body, value) = arm.body;
            let mut then = arm.binds;
            then.extend(body);
            rest = Some(match (arm.cond, rest) {
                (Some(cond), Some(els)) => {
                    let (then, els) = ((then, Box::new(value)), (els.0, Box::new(els.1)));
                    (vec![], self.make(span, ExprNode::If { cond: Box::new(cond), then, els }))
                }
                // The last arm takes what is left: rustc checks that nothing else is.
                _ => (then, value),
            });
        }
        let Some((body, value)) = rest else {
            return self.refuse(span, "a `match` without arms has no value", "add arms");
        };
        let before = before.into_iter().chain(body).collect();
        self.make(span, ExprNode::Block(before, Box::new(value)))
    }

    /// The value that is matched, in a variable, and the arms.
    fn arms<T>(
        &mut self,
        e: &syn::ExprMatch,
        mut body: impl FnMut(&mut Self, &syn::Expr) -> T,
    ) -> (Vec<Stmt>, Vec<Arm<T>>) {
        let span = e.match_token.span();
        let value = self.expr(&e.expr);
        self.scoped(|p| {
            let matched = p.declare(&Ident::new("matched", span), false);
            p.scopes.last_mut().map(|s| s.remove("matched"));
            let names = vec![matched.clone()];
            let first = p.make_stmt(span, StmtNode::Let { names, ty: None, value: Some(value) });
            let last = e.arms.len().saturating_sub(1);
            let arms = e.arms.iter().enumerate().map(|(i, arm)| {
                p.scoped(|p| {
                    let mut binds = vec![];
                    let mut cond = p.pattern(&arm.pat, &matched, &mut binds);
                    if let Pat::Guard(guard) = &arm.pat {
                        let holds = p.under("the guard of an arm", |p| p.expr(&guard.guard));
                        let holds = if binds.is_empty() {
                            holds
                        } else {
                            p.make(span, ExprNode::Block(binds.clone(), Box::new(holds)))
                        };
                        cond = Some(match cond {
                            Some(cond) => p.make(span, ExprNode::Binary(BinOp::And, Box::new(cond), Box::new(holds))),
                            None => holds,
                        });
                    } else if i == last {
                        cond = None;
                    }
                    Arm { cond, binds, body: body(p, &arm.body) }
                })
            });
            let arms = arms.collect();
            (vec![first], arms)
        })
    }

    /// When the variable `matched` is what the pattern says; `None` for always.
    fn pattern(&mut self, pat: &Pat, matched: &str, binds: &mut Vec<Stmt>) -> Option<Expr> {
        let span = pat.span();
        match pat {
            Pat::Guard(p) => self.pattern(&p.pat, matched, binds),
            Pat::Paren(p) => self.pattern(&p.pat, matched, binds),
            Pat::Wild(_) => None,
            Pat::Ident(p) if p.subpat.is_none() && p.by_ref.is_none() => {
                let name = p.ident.to_string();
                if name.chars().all(|c| !c.is_ascii_lowercase()) && self.find(&name).is_none() {
                    let constant =
                        syn::Expr::Path(syn::ExprPath { attrs: vec![], qself: None, path: p.ident.clone().into() });
                    let value = self.expr(&constant);
                    return Some(self.compare(span, BinOp::Eq, matched, value));
                }
                let var = self.make(span, crate::kernel::signature::place(matched));
                let names = vec![self.declare(&p.ident, false)];
                binds.push(self.make_stmt(span, StmtNode::Let { names, ty: None, value: Some(var) }));
                None
            }
            Pat::Or(p) => {
                let mut any: Option<Expr> = None;
                for case in &p.cases {
                    let cond = self.pattern(case, matched, binds)?;
                    any = Some(match any {
                        Some(a) => self.make(span, ExprNode::Binary(BinOp::Or, Box::new(a), Box::new(cond))),
                        None => cond,
                    });
                }
                any
            }
            Pat::Lit(p) => {
                let value = self.expr(&syn::Expr::Lit(p.clone()));
                match value.node {
                    ExprNode::Bool(true) => Some(self.make(span, crate::kernel::signature::place(matched))),
                    ExprNode::Bool(false) => {
                        let var = self.make(span, crate::kernel::signature::place(matched));
                        Some(self.make(span, ExprNode::Unary(UnOp::Not, Box::new(var))))
                    }
                    _ => Some(self.compare(span, BinOp::Eq, matched, value)),
                }
            }
            Pat::Const(_) | Pat::Path(_) => {
                let value = syn::parse2(quote::ToTokens::to_token_stream(pat)).ok()?;
                let value = self.expr(&value);
                Some(self.compare(span, BinOp::Eq, matched, value))
            }
            Pat::Range(p) => self.range_pattern(p, matched),
            other => {
                let help = "match on numbers: `0`, `1 | 2`, `3..=9`, `n if n > 9`, `_`";
                self.errors.push_help(other.span(), "kernels don't have this pattern", help);
                None
            }
        }
    }

    /// `3..=9`.
    fn range_pattern(&mut self, p: &syn::PatRange, matched: &str) -> Option<Expr> {
        let span = p.span();

        let low = p.start.as_ref().map(|e| self.expr(e));
        let high = p.end.as_ref().map(|e| self.expr(e));
        let below = if matches!(p.limits, syn::RangeLimits::Closed(_)) { BinOp::Le } else { BinOp::Lt };
        let low = low.map(|e| self.compare(span, BinOp::Ge, matched, e));
        let high = high.map(|e| self.compare(span, below, matched, e));
        match (low, high) {
            (Some(a), Some(b)) => Some(self.make(span, ExprNode::Binary(BinOp::And, Box::new(a), Box::new(b)))),
            (a, b) => a.or(b),
        }
    }

    fn compare(&mut self, span: Span, op: BinOp, matched: &str, value: Expr) -> Expr {
        let var = self.make(span, crate::kernel::signature::place(matched));
        self.make(span, ExprNode::Binary(op, Box::new(var), Box::new(value)))
    }
}
