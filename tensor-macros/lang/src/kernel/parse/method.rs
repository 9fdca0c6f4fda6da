//! Methods: those of views, and those of Rust's numbers that mean a function of the language.

use super::Parser;
use crate::kernel::language;
use formwork_ir::kernel::{BinOp, Callee, Expr, ExprNode, Place, StmtNode};
use syn::spanned::Spanned;

impl Parser<'_> {
    pub(super) fn method(&mut self, e: &syn::ExprMethodCall) -> Expr {
        let name = e.method.to_string();
        match (name.as_str(), e.args.len()) {
            ("size", 1) => self.size(e),
            ("get_unchecked", 1) => {
                let (place, indices) = (self.place(&e.receiver), self.indices(&e.args[0]));
                match place {
                    Some(place) => {
                        self.make(e.method.span(), ExprNode::Place(Place { indices, unchecked: true, ..place }))
                    }
                    None => self.nothing(e.span()),
                }
            }
            ("vector", 1) => self.vector(e),
            ("set_vector", 2) => {
                let (place, indices) = (self.place(&e.receiver), self.indices(&e.args[0]));
                let value = self.expr(&e.args[1]);
                let Some(place) = place else { return self.nothing(e.span()) };
                let place = self.make(e.span(), ExprNode::Ref(Place { indices, ..place }));
                self.language(e.method.span(), "set_vector", vec![place, value])
            }
            ("wrapping_add", 1) => self.wrapping(e, BinOp::Add),
            ("wrapping_sub", 1) => self.wrapping(e, BinOp::Sub),
            ("wrapping_mul", 1) => self.wrapping(e, BinOp::Mul),
            ("pow", 1) => self.power(e),
            (method, given) => match language::of_method(method) {
                Some((function, arity)) if arity == given + 1 => {
                    let mut args = vec![self.expr(&e.receiver)];
                    args.extend(e.args.iter().map(|a| self.expr(a)));
                    self.language(e.method.span(), function, args)
                }
                _ => {
                    self.expr(&e.receiver);
                    let help = language::instead_of_method(method).unwrap_or(
                        "a kernel has the functions of the language and the plain methods of numbers, such as `x.exp()`",
                    );
                    self.refuse(e.method.span(), format!("no method `{method}` in a kernel"), help)
                }
            },
        }
    }

    pub(super) fn language(&mut self, span: proc_macro2::Span, name: &str, args: Vec<Expr>) -> Expr {
        self.make(span, ExprNode::Call { callee: Callee::Language(name.to_string()), types: vec![], args })
    }

    fn size(&mut self, e: &syn::ExprMethodCall) -> Expr {
        let place = self.place(&e.receiver);
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(axis), .. }) = &e.args[0] else {
            return self.refuse(e.args[0].span(), "the axis is a literal number", "write `x.size(0)`");
        };
        match (place, axis.base10_parse()) {
            (Some(place), Ok(axis)) => self.make(e.method.span(), ExprNode::Size(place.name, axis)),
            _ => self.nothing(e.span()),
        }
    }

    /// `x.vector::<4>(i)`.
    fn vector(&mut self, e: &syn::ExprMethodCall) -> Expr {
        let (place, indices) = (self.place(&e.receiver), self.indices(&e.args[0]));
        let width = e.turbofish.as_ref().and_then(|t| t.args.first()).and_then(|a| match a {
            syn::GenericArgument::Const(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(n), .. })) => {
                n.base10_parse::<u64>().ok()
            }
            _ => None,
        });
        match (place, width) {
            (Some(place), Some(width @ (2 | 4 | 8 | 16))) => {
                let place = self.make(e.span(), ExprNode::Ref(Place { indices, ..place }));
                let width = self.make(e.span(), ExprNode::Int(width, None));
                self.language(e.method.span(), "vector", vec![place, width])
            }
            (None, _) => self.nothing(e.span()),
            _ => self.refuse(e.method.span(), "a vector has 2, 4, 8 or 16 elements", "write `x.vector::<4>(i)`"),
        }
    }

    fn wrapping(&mut self, e: &syn::ExprMethodCall, op: BinOp) -> Expr {
        let (a, b) = (self.expr(&e.receiver), self.expr(&e.args[0]));
        self.make(e.method.span(), ExprNode::Binary(op, Box::new(a), Box::new(b)))
    }

    /// `x.pow(3)`: products of `x` and its squares.
    fn power(&mut self, e: &syn::ExprMethodCall) -> Expr {
        let span = e.method.span();
        let base = self.expr(&e.receiver);
        let number = match &e.args[0] {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(n), .. }) => n.base10_parse::<u32>().ok(),
            _ => None,
        };
        let Some(mut left) = number.filter(|n| (1..=64).contains(n)) else {
            return self.refuse(e.args[0].span(), "the power is a literal number from 1 to 64", "multiply in a loop");
        };
        self.scoped(|p| {
            let mut body = vec![];
            let mut square = base;
            let mut product: Option<Expr> = None;
            loop {
                let name = p.declare(&proc_macro2::Ident::new("power", span), false);
                body.push(
                    p.make_stmt(span, StmtNode::Let { names: vec![name.clone()], ty: None, value: Some(square) }),
                );
                let var = |p: &mut Self| p.make(span, crate::kernel::signature::place(&name));
                if left % 2 == 1 {
                    let factor = var(p);
                    product = Some(match product {
                        Some(so_far) => p.make(span, ExprNode::Binary(BinOp::Mul, Box::new(so_far), Box::new(factor))),
                        None => factor,
                    });
                }
                left /= 2;
                let (a, b) = (var(p), var(p));
                square = p.make(span, ExprNode::Binary(BinOp::Mul, Box::new(a), Box::new(b)));
                if left == 0 {
                    let value = product.unwrap_or(square);
                    return p.make(span, ExprNode::Block(body, Box::new(value)));
                }
            }
        })
    }
}
