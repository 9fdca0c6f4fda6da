//! What the author leaves to the language: the grid, the tail of the last block, and lines instead of numbers of nodes.

use super::ast::{Kernel, dim_value};
use super::signature::dim_expr;
use formwork_ir::kernel::{BinOp, Callee, Expr, ExprNode, Kind, Stmt, StmtNode, Template, TypeExpr};
use proc_macro2::TokenStream;
use quote::quote;

impl Kernel {
    /// The view that the grid follows if its author doesn't say: the first result.
    pub fn first_output(&self) -> Option<&super::ast::View> {
        let views = || self.params.iter().filter_map(|p| p.view()).filter(|v| v.is_output());
        views().find(|v| v.mode != formwork_ir::kernel::Mode::InOut).or_else(|| views().next())
    }

    fn counts_elements(&self) -> bool {
        self.kind == Kind::Grid && self.options.grid.is_none() && self.calls(&|name| name == "global_idx")
    }

    /// Whether threads past the last element don't start: the grid has one for each, and none waits for another.
    pub fn has_tail(&self) -> bool {
        self.counts_elements() && !self.in_pieces()
    }

    /// Whether a block's loop over its threads ends with the last element: its threads stand in a row.
    pub fn is_bounded(&self) -> bool {
        self.has_tail() && self.options.block.as_ref().is_none_or(|axes| axes.len() == 1)
    }

    /// The number of elements of the first result, in Rust.
    pub fn elements(&self) -> TokenStream {
        let dims = self.first_output().into_iter().flat_map(|v| &v.dims).map(dim_value);
        dims.reduce(|a, b| quote!(#a * #b)).map_or_else(TokenStream::new, |product| quote!((#product)))
    }

    /// The blocks of a launch along each axis, in Rust.
    pub fn grid(&self) -> Vec<TokenStream> {
        if let Some(grid) = &self.options.grid {
            return grid.iter().map(|e| quote!(#e)).collect();
        }
        if self.counts_elements() {
            let (elements, threads) = (self.elements(), self.threads());
            return vec![quote!(::core::primitive::usize::div_ceil(#elements, #threads))];
        }
        self.first_output().into_iter().flat_map(|v| v.dims.first()).map(dim_value).collect()
    }

    /// The threads of a block along each of three axes, in Rust.
    pub fn block(&self) -> [TokenStream; 3] {
        let axis = |i: usize| match &self.options.block {
            Some(axes) => match axes.get(i) {
                Some(syn::Expr::Lit(e)) => quote!(#e),
                Some(e) => quote!((#e)),
                None => quote!(1),
            },
            None if i == 0 => {
                let threads = proc_macro2::Literal::u64_unsuffixed(super::DEFAULT_BLOCK);
                quote!(#threads)
            }
            None => quote!(1),
        };
        [axis(0), axis(1), axis(2)]
    }

    /// The threads of a block, in Rust.
    pub fn threads(&self) -> TokenStream {
        let literals: Option<Vec<u64>> = self.template.block.iter().map(super::check::literal).collect();
        match literals {
            Some(sizes) => {
                let threads = proc_macro2::Literal::u64_unsuffixed(sizes.iter().product());
                quote!(#threads)
            }
            None => {
                let [x, y, z] = self.block();
                quote!((#x * #y * #z))
            }
        }
    }

    /// Writes the grid and the tail into the template.
    pub fn fill(&mut self) {
        if self.kind != Kind::Grid || self.first_output().is_none() {
            return;
        }
        let line = self.template.params.first().map_or(0, |p| p.line);
        let make = |node| Expr { line, node };
        let binary = |op, a, b| make(ExprNode::Binary(op, Box::new(a), Box::new(b)));
        let dims: Vec<Expr> =
            self.first_output().map(|v| v.dims.iter().map(|d| dim_expr(d, line)).collect()).unwrap_or_default();
        let product = |parts: Vec<Expr>| parts.into_iter().reduce(|a, b| binary(BinOp::Mul, a, b));
        let call =
            |name: &str, args| make(ExprNode::Call { callee: Callee::Language(name.to_string()), types: vec![], args });
        let (tail, counts) = (self.has_tail(), self.counts_elements());
        if self.template.grid.is_empty() {
            let blocks = if counts {
                let both = product(dims.clone()).zip(product(self.template.block.clone()));
                both.map(|(elements, threads)| call("div_ceil", vec![elements, threads]))
            } else {
                dims.first().cloned()
            };
            self.template.grid.extend(blocks);
        }
        if let (true, Some(elements)) = (tail, product(dims)) {
            let cond = binary(BinOp::Ge, call("global_idx", vec![]), elements);
            let then = vec![Stmt { line, node: StmtNode::Return(vec![]) }];
            self.template.body.insert(0, Stmt { line, node: StmtNode::If { cond, then, els: vec![] } });
        }
    }

    /// Replaces numbers of nodes by source lines.
    pub fn relocate(&mut self) {
        let lines: Vec<u32> = self.spans.iter().map(|s| s.start().line as u32).collect();
        let line = |node: &mut u32| *node = lines.get(*node as usize).copied().unwrap_or(0);
        let Template { params, block, grid, body, .. } = &mut self.template;
        params.iter_mut().for_each(|p| {
            line(&mut p.line);
            if let formwork_ir::kernel::ParamKind::Array { dims, .. } = &mut p.kind {
                exprs(dims, &line);
            }
        });
        exprs(block, &line);
        exprs(grid, &line);
        stmts(body, &line);
    }
}

type Line<'a> = &'a dyn Fn(&mut u32);

fn exprs(list: &mut [Expr], line: Line) {
    list.iter_mut().for_each(|e| expr(e, line));
}

fn stmts(list: &mut [Stmt], line: Line) {
    list.iter_mut().for_each(|s| stmt(s, line));
}

fn stmt(stmt: &mut Stmt, line: Line) {
    line(&mut stmt.line);
    match &mut stmt.node {
        StmtNode::Let { ty, value, .. } => {
            ty.iter_mut().for_each(|t| type_expr(t, line));
            value.iter_mut().for_each(|v| expr(v, line));
        }
        StmtNode::Shared { dims, .. } => exprs(dims, line),
        StmtNode::Assign { place, value, .. } => {
            exprs(&mut place.indices, line);
            expr(value, line);
        }
        StmtNode::Expr(e) => expr(e, line),
        StmtNode::If { cond, then, els } => {
            expr(cond, line);
            stmts(then, line);
            stmts(els, line);
        }
        StmtNode::While { cond, body } => {
            expr(cond, line);
            stmts(body, line);
        }
        StmtNode::For { start, end, step, body, .. } => {
            expr(start, line);
            expr(end, line);
            step.iter_mut().for_each(|s| expr(s, line));
            stmts(body, line);
        }
        StmtNode::Return(values) => exprs(values, line),
        StmtNode::Block(body) => stmts(body, line),
        StmtNode::Break | StmtNode::Continue => {}
    }
}

fn type_expr(ty: &mut TypeExpr, line: Line) {
    if let TypeExpr::Array(element, length) = ty {
        type_expr(element, line);
        expr(length, line);
    }
}

fn expr(e: &mut Expr, line: Line) {
    line(&mut e.line);
    match &mut e.node {
        ExprNode::Place(place) | ExprNode::Ref(place) => exprs(&mut place.indices, line),
        ExprNode::Unary(_, x) | ExprNode::Cast(x, _) => expr(x, line),
        ExprNode::Binary(_, a, b) | ExprNode::Repeat(a, b) => {
            expr(a, line);
            expr(b, line);
        }
        ExprNode::Call { types, args, .. } => {
            types.iter_mut().for_each(|t| type_expr(t, line));
            exprs(args, line);
        }
        ExprNode::If { cond, then, els } => {
            expr(cond, line);
            stmts(&mut then.0, line);
            expr(&mut then.1, line);
            stmts(&mut els.0, line);
            expr(&mut els.1, line);
        }
        ExprNode::Block(body, value) => {
            stmts(body, line);
            expr(value, line);
        }
        ExprNode::Tuple(parts) | ExprNode::Array(parts) => exprs(parts, line),
        _ => {}
    }
}
