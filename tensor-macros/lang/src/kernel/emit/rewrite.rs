//! What is changed in the user's tokens: calls of index functions and of other kernels, and ways out of a piece.

use super::own;
use crate::kernel::ast::Kernel;
use crate::kernel::language;
use formwork_ir::kernel::GenericKind;
use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, PathArguments};

/// How ways out of a body are written in a piece of it.
#[derive(Default)]
pub struct Exits {
    /// Instead of `return`.
    pub returns: Option<TokenStream>,
    /// Instead of a `continue` of the loop around the piece.
    pub continues: Option<TokenStream>,
}

pub struct Rewrite<'a> {
    kernel: &'a Kernel,
    exits: Exits,
    loops: usize,
}

impl<'a> Rewrite<'a> {
    pub fn new(kernel: &'a Kernel) -> Rewrite<'a> {
        Rewrite { kernel, exits: Exits::default(), loops: 0 }
    }

    pub fn exits(self, exits: Exits) -> Rewrite<'a> {
        Rewrite { exits, ..self }
    }

    pub fn block(mut self, block: &mut syn::Block) {
        self.visit_block_mut(block);
    }

    pub fn stmt(mut self, stmt: &mut syn::Stmt) {
        self.visit_stmt_mut(stmt);
    }

    pub fn expr(mut self, expr: &mut Expr) {
        self.visit_expr_mut(expr);
    }

    fn is_number(&self, path: &syn::Path) -> bool {
        let of = path.segments.len() == 2 && path.segments.last().is_some_and(|s| s.ident == "of");
        let first = path.segments.first().map(|s| &s.ident);
        of && self.kernel.generics.iter().any(|g| g.kind == GenericKind::Element && Some(&g.name) == first)
    }

    fn call(&self, call: &syn::ExprCall) -> Option<Expr> {
        let Expr::Path(func) = &*call.func else { return None };
        let last = func.path.segments.last()?;
        let (name, args) = (last.ident.to_string(), &call.args);
        if func.path.segments.len() == 1 && language::is_reserved(&name) {
            if !language::is_index(&name) {
                return None;
            }
            let (thread, method) = (own("__t"), &last.ident);
            let mut parens = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, quote::quote!(#args));
            parens.set_span(call.paren_token.span.join());
            return syn::parse2(quote_spanned!(last.ident.span()=> #thread.#method #parens)).ok();
        }
        if self.is_number(&func.path) {
            return None;
        }
        let mut path = func.path.clone();
        let mut turbofish = PathArguments::None;
        if let Some(last) = path.segments.last_mut() {
            turbofish = std::mem::replace(&mut last.arguments, PathArguments::None);
        }
        let span = last.ident.span();
        let method = Ident::new("call", span);
        let mut parens = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, quote::quote!(#args));
        parens.set_span(call.paren_token.span.join());
        let turbofish = match turbofish {
            PathArguments::AngleBracketed(t) => {
                let args = &t.args;
                quote_spanned!(span=> ::<#args>)
            }
            _ => TokenStream::new(),
        };
        syn::parse2(quote_spanned!(span=> <#path>::#method #turbofish #parens)).ok()
    }
}

impl VisitMut for Rewrite<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let inside_loop = matches!(expr, Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_));
        self.loops += usize::from(inside_loop);
        visit_mut::visit_expr_mut(self, expr);
        self.loops -= usize::from(inside_loop);
        let new = match expr {
            Expr::Call(call) => self.call(call),
            Expr::Return(_) => self.exits.returns.as_ref().and_then(|tokens| syn::parse2(tokens.clone()).ok()),
            Expr::Continue(_) if self.loops == 0 => {
                self.exits.continues.as_ref().and_then(|tokens| syn::parse2(tokens.clone()).ok())
            }
            _ => None,
        };
        if let Some(new) = new {
            *expr = new;
        }
    }
}
