//! Statements.

use super::Parser;
use crate::kernel::ast::{Parts, Step};
use formwork_ir::kernel::{Expr, ExprNode, Stmt, StmtNode, TypeExpr};
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Pat, RangeLimits};

impl Parser<'_> {
    /// The body of a function: a value at its end is returned.
    pub fn body(&mut self, block: &syn::Block) -> Vec<Step> {
        let mut steps = vec![];
        let last = block.stmts.len().saturating_sub(1);
        for (i, stmt) in block.stmts.iter().enumerate() {
            match stmt {
                // One that is left by `return` only, or rustc says that it gives no value.
                syn::Stmt::Expr(syn::Expr::Loop(_), None) if i == last => steps.extend(self.stmt(stmt)),
                syn::Stmt::Expr(expr, None) if i == last && self.results > 0 => {
                    let meaning = self.returned(expr);
                    steps.push(Step { source: stmt.clone(), meaning, parts: Parts::Plain });
                }
                stmt => steps.extend(self.stmt(stmt)),
            }
        }
        steps
    }

    /// `return` of a value, taken apart if there are several.
    fn returned(&mut self, expr: &syn::Expr) -> Vec<Stmt> {
        let span = expr.span();
        if self.results < 2 {
            let value = self.expr(expr);
            return vec![self.make_stmt(span, StmtNode::Return(vec![value]))];
        }
        match expr {
            syn::Expr::Tuple(tuple) => {
                let values = tuple.elems.iter().map(|e| self.expr(e)).collect();
                vec![self.make_stmt(span, StmtNode::Return(values))]
            }
            syn::Expr::Paren(paren) => self.returned(&paren.expr),
            syn::Expr::Block(block) => self.returned_block(&block.block),
            syn::Expr::If(branch) if branch.else_branch.is_some() => {
                let cond = self.expr(&branch.cond);
                let then = self.returned_block(&branch.then_branch);
                let els = branch.else_branch.as_ref().map(|(_, e)| self.returned(e)).unwrap_or_default();
                vec![self.make_stmt(branch.if_token.span(), StmtNode::If { cond, then, els })]
            }
            _ => {
                let value = self.expr(expr);
                vec![self.make_stmt(span, StmtNode::Return(vec![value]))]
            }
        }
    }

    fn returned_block(&mut self, block: &syn::Block) -> Vec<Stmt> {
        self.scoped(|p| p.body(block)).into_iter().flat_map(|s| s.meaning).collect()
    }

    /// The statements of a block in a scope of their own.
    pub(super) fn list(&mut self, block: &syn::Block) -> Vec<Step> {
        self.scoped(|p| p.statements(&block.stmts))
    }

    /// The statements of a block in the scope around it.
    pub(super) fn statements(&mut self, stmts: &[syn::Stmt]) -> Vec<Step> {
        stmts.iter().flat_map(|s| self.stmt(s)).collect()
    }

    /// What a statement of an arm, without braces around it, means.
    pub(super) fn arm(&mut self, body: &syn::Expr) -> Vec<Stmt> {
        self.effect(body).0
    }

    fn stmt(&mut self, stmt: &syn::Stmt) -> Option<Step> {
        let plain = |meaning| Some(Step { source: stmt.clone(), meaning, parts: Parts::Plain });
        match stmt {
            syn::Stmt::Local(local) => plain(vec![self.local(local)]),
            syn::Stmt::Expr(expr, _) => {
                let (meaning, parts) = self.effect(expr);
                Some(Step { source: stmt.clone(), meaning, parts })
            }
            syn::Stmt::Item(item) => {
                let help = "write it outside of the kernel";
                self.errors.push_help(item.span(), "no items stand inside a kernel", help);
                None
            }
            syn::Stmt::Macro(mac) => {
                self.refuse_macro(&mac.mac);
                None
            }
        }
    }

    fn local(&mut self, local: &syn::Local) -> Stmt {
        let span = local.let_token.span();
        let (pat, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            pat => (pat, None),
        };
        if let Some((els, _)) = local.init.as_ref().and_then(|i| i.diverge.as_ref()) {
            self.errors.push_help(els.span(), "no `let .. else` in a kernel", "write `if` and `return`");
        }
        let init = local.init.as_ref().map(|i| &*i.expr);
        if let (Some(expr), Pat::Ident(name)) = (init, pat)
            && let Some((element, dims)) = self.shared(expr)
        {
            let name = self.declare(&name.ident, true);
            return self.make_stmt(span, StmtNode::Shared { name, element, dims });
        }
        // The value is parsed before its name is in sight: `let m = m + 1.0`.
        let value = init.map(|e| self.expr(e));
        let ty = ty.and_then(|ty| self.type_expr(ty));
        let names = self.names(pat);
        self.make_stmt(span, StmtNode::Let { names, ty, value })
    }

    /// The names that the pattern of a `let` declares.
    fn names(&mut self, pat: &Pat) -> Vec<String> {
        match pat {
            Pat::Ident(p) if p.by_ref.is_none() && p.subpat.is_none() => vec![self.declare(&p.ident, false)],
            Pat::Wild(p) => {
                let unused = proc_macro2::Ident::new("unused", p.underscore_token.span());
                let name = self.declare(&unused, false);
                self.scopes.last_mut().map(|s| s.remove("unused"));
                vec![name]
            }
            Pat::Tuple(p) => p.elems.iter().flat_map(|p| self.names(p)).collect(),
            Pat::Paren(p) => self.names(&p.pat),
            other => {
                let help = "write a name, or a tuple of names for a function of several results";
                self.errors.push_help(other.span(), "a `let` in a kernel binds names", help);
                vec![]
            }
        }
    }

    /// An expression that stands as a statement.
    fn effect(&mut self, expr: &syn::Expr) -> (Vec<Stmt>, Parts) {
        match expr {
            syn::Expr::If(e) => self.branch(e),
            syn::Expr::While(e) => {
                self.no_label(&e.label);
                let cond = self.expr(&e.cond);
                let node = self.node(e.while_token.span());
                let steps = self.in_loop(|p| p.list(&e.body));
                let body = meaning(&steps);
                (vec![Stmt { line: node, node: StmtNode::While { cond, body } }], Parts::While(steps))
            }
            syn::Expr::Loop(e) => {
                self.no_label(&e.label);
                let cond = self.make(e.loop_token.span(), ExprNode::Bool(true));
                let node = self.node(e.loop_token.span());
                let steps = self.in_loop(|p| p.list(&e.body));
                let body = meaning(&steps);
                (vec![Stmt { line: node, node: StmtNode::While { cond, body } }], Parts::Loop(steps))
            }
            syn::Expr::ForLoop(e) => self.for_loop(e),
            syn::Expr::Block(e) => {
                self.no_label(&e.label);
                let steps = self.list(&e.block);
                let body = meaning(&steps);
                (vec![self.make_stmt(e.span(), StmtNode::Block(body))], Parts::Block(steps))
            }
            syn::Expr::Paren(e) => (self.under("parentheses", |p| p.effect(&e.expr).0), Parts::Plain),
            syn::Expr::Unsafe(e) => {
                let steps = self.under("an `unsafe` block", |p| p.list(&e.block));
                (meaning(&steps), Parts::Plain)
            }
            syn::Expr::Match(e) => (self.under("a `match`", |p| p.match_statement(e)), Parts::Plain),
            other => (self.plain_effect(other), Parts::Plain),
        }
    }

    fn plain_effect(&mut self, expr: &syn::Expr) -> Vec<Stmt> {
        let span = expr.span();
        let node = match expr {
            syn::Expr::Assign(e) => {
                let Some(place) = self.assigned(&e.left) else { return vec![] };
                StmtNode::Assign { place, op: None, value: self.expr(&e.right) }
            }
            syn::Expr::Binary(e) if super::expr::compound(&e.op).is_some() => {
                let Some(place) = self.assigned(&e.left) else { return vec![] };
                StmtNode::Assign { place, op: super::expr::compound(&e.op), value: self.expr(&e.right) }
            }
            syn::Expr::Return(e) => {
                return match &e.expr {
                    Some(value) if self.results > 0 => self.returned(value),
                    _ => vec![self.make_stmt(e.return_token.span(), StmtNode::Return(vec![]))],
                };
            }
            syn::Expr::Break(e) => {
                if let Some(label) = &e.label {
                    self.refuse_label(label.span());
                }
                if let Some(value) = &e.expr {
                    let help = "set a variable that is declared before the loop, then `break`";
                    self.errors.push_help(value.span(), "a loop has no value in a kernel", help);
                }
                return vec![self.make_stmt(e.break_token.span(), StmtNode::Break)];
            }
            syn::Expr::Continue(e) => {
                if let Some(label) = &e.label {
                    self.refuse_label(label.span());
                }
                return vec![self.make_stmt(e.continue_token.span(), StmtNode::Continue)];
            }
            syn::Expr::MethodCall(e) if e.method == "set_unchecked" => match self.set_unchecked(e) {
                Some(node) => node,
                None => return vec![],
            },
            other => StmtNode::Expr(self.expr(other)),
        };
        vec![self.make_stmt(span, node)]
    }

    fn branch(&mut self, e: &syn::ExprIf) -> (Vec<Stmt>, Parts) {
        let cond = self.expr(&e.cond);
        let node = self.node(e.if_token.span());
        let then = self.list(&e.then_branch);
        let els = e.else_branch.as_ref().map(|(_, els)| match &**els {
            syn::Expr::Block(block) => self.list(&block.block),
            // `else if`
            other => {
                let (meaning, parts) = self.effect(other);
                vec![Step { source: syn::Stmt::Expr(other.clone(), None), meaning, parts }]
            }
        });
        let stmt = StmtNode::If { cond, then: meaning(&then), els: els.as_deref().map(meaning).unwrap_or_default() };
        (vec![Stmt { line: node, node: stmt }], Parts::If { then, els })
    }

    fn for_loop(&mut self, e: &syn::ExprForLoop) -> (Vec<Stmt>, Parts) {
        self.no_label(&e.label);
        let node = self.node(e.for_token.span());
        let Some(range) = self.range(&e.expr) else {
            self.in_loop(|p| {
                p.scoped(|p| {
                    p.names(&e.pat);
                    p.list(&e.body)
                })
            });
            return (vec![], Parts::Plain);
        };
        let (var, steps) = self.in_loop(|p| {
            p.scoped(|p| {
                let var = p.names(&e.pat).into_iter().next().unwrap_or_default();
                (var, p.list(&e.body))
            })
        });
        let Range { start, end, inclusive, rev, step } = range;
        let body = meaning(&steps);
        let stmt = StmtNode::For { var, start, end, inclusive, rev, step, body };
        (vec![Stmt { line: node, node: stmt }], Parts::For(steps))
    }

    /// `a..b`, `a..=b`, with `.rev()` and then `.step_by(k)`.
    fn range(&mut self, expr: &syn::Expr) -> Option<Range> {
        match expr {
            syn::Expr::Paren(e) => self.range(&e.expr),
            syn::Expr::Group(e) => self.range(&e.expr),
            syn::Expr::Range(e) => {
                let (Some(start), Some(end)) = (&e.start, &e.end) else {
                    let help = "write both, `0..n`";
                    self.errors.push_help(e.span(), "a loop in a kernel has a start and an end", help);
                    return None;
                };
                let (start, end) = (self.expr(start), self.expr(end));
                let inclusive = matches!(e.limits, RangeLimits::Closed(_));
                Some(Range { start, end, inclusive, rev: false, step: None })
            }
            syn::Expr::MethodCall(e) if e.method == "rev" && e.args.is_empty() => {
                let mut range = self.range(&e.receiver)?;
                if range.step.is_some() {
                    let help = "write `.rev().step_by(k)`, which starts at the last number";
                    self.errors.push_help(e.method.span(), "`.rev()` stands before `.step_by(..)`", help);
                }
                range.rev = true;
                Some(range)
            }
            syn::Expr::MethodCall(e) if e.method == "step_by" && e.args.len() == 1 => {
                let mut range = self.range(&e.receiver)?;
                range.step = e.args.first().map(|k| self.expr(k));
                Some(range)
            }
            other => {
                let help = "write `for i in 0..n`, and index with `i`";
                self.errors.push_help(other.span(), "a loop in a kernel goes over a range of numbers", help);
                None
            }
        }
    }

    fn in_loop<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        self.loops += 1;
        let result = f(self);
        self.loops -= 1;
        result
    }

    fn no_label(&mut self, label: &Option<syn::Label>) {
        if let Some(label) = label {
            self.refuse_label(label.span());
        }
    }

    fn refuse_label(&mut self, span: Span) {
        let help = "put the inner loop into a `#[device]` function and `return` from it, or set a `bool`";
        self.errors.push_help(span, "no labels in a kernel", help);
    }

    /// The type of a `let`.
    pub(super) fn type_expr(&mut self, ty: &syn::Type) -> Option<TypeExpr> {
        match ty {
            syn::Type::Infer(_) => None,
            syn::Type::Paren(paren) => self.type_expr(&paren.elem),
            syn::Type::Array(array) => {
                let element = self.type_expr(&array.elem)?;
                let length = self.expr(&array.len);
                Some(TypeExpr::Array(Box::new(element), Box::new(length)))
            }
            syn::Type::Tuple(_) => None,
            ty => {
                let name = crate::kernel::signature::scalar_name(ty, self.generics);
                if name.is_none() {
                    let message =
                        format!("a kernel has no variables of type `{}`", crate::kernel::signature::shown(ty));
                    let help = "variables are scalars (`f32`, `usize`, ..) and arrays of them (`[f32; 4]`)";
                    self.errors.push_help(ty.span(), message, help);
                }
                name.map(TypeExpr::Scalar)
            }
        }
    }
}

/// What a `for` runs over.
struct Range {
    start: Expr,
    end: Expr,
    inclusive: bool,
    rev: bool,
    step: Option<Expr>,
}

/// What the statements of a list mean, one after the other.
pub fn meaning(steps: &[Step]) -> Vec<Stmt> {
    steps.iter().flat_map(|s| s.meaning.clone()).collect()
}
