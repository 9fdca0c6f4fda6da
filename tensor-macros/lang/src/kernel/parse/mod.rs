//! The body: each statement as written, and what it means.
//!
//! Names are resolved here, once: a declaration gets a name of its own (`m`, then `m_2`), so that everything after can
//! speak of variables and not of scopes. What the language doesn't have is refused at its token, and parsing goes on.

pub(super) mod call;
mod expr;
mod matching;
mod method;
mod place;
mod stmt;

pub use stmt::meaning;

use super::ast::{Generic, Variable};
use crate::errors::Errors;
use formwork_ir::kernel::{Expr, ExprNode, GenericKind, Stmt, StmtNode};
use proc_macro2::{Ident, Span};
use std::collections::HashMap;

/// What the parser knows and has found.
pub struct Parser<'a> {
    pub errors: &'a mut Errors,
    pub generics: &'a [Generic],
    /// Of each node, by its number.
    pub spans: Vec<Span>,
    pub variables: HashMap<String, Variable>,
    pub callees: Vec<syn::Path>,
    pub constants: Vec<syn::Path>,
    /// Whether it is a kernel over views: threads, shared memory, atomics.
    pub grid: bool,
    /// How many values the function returns.
    pub results: usize,
    /// The names in sight, innermost scope last, and what they are called in the template.
    scopes: Vec<HashMap<String, String>>,
    loops: usize,
    /// Around what is parsed: nothing that not every thread evaluates. Collectives stand only there.
    conditional: Option<&'static str>,
}

impl<'a> Parser<'a> {
    pub fn new(errors: &'a mut Errors, generics: &'a [Generic]) -> Parser<'a> {
        Parser {
            errors,
            generics,
            spans: vec![],
            variables: HashMap::new(),
            callees: vec![],
            constants: vec![],
            grid: false,
            results: 0,
            scopes: vec![HashMap::new()],
            loops: 0,
            conditional: None,
        }
    }

    /// A number for what stands at `span`.
    pub fn node(&mut self, span: Span) -> u32 {
        self.spans.push(span);
        self.spans.len() as u32 - 1
    }

    fn make(&mut self, span: Span, node: ExprNode) -> Expr {
        Expr { line: self.node(span), node }
    }

    fn make_stmt(&mut self, span: Span, node: StmtNode) -> Stmt {
        Stmt { line: self.node(span), node }
    }

    /// In the place of what was refused.
    fn nothing(&mut self, span: Span) -> Expr {
        self.make(span, ExprNode::Int(0, None))
    }

    fn refuse(&mut self, span: Span, message: impl std::fmt::Display, help: impl std::fmt::Display) -> Expr {
        self.errors.push_help(span, message, help);
        self.nothing(span)
    }

    /// Declares a variable and gives its name in the template.
    pub fn declare(&mut self, name: &Ident, shared: bool) -> String {
        let plain = name.to_string();
        if super::language::is_reserved(&plain) {
            let message = format!("`{plain}` is a function of the kernel language");
            self.errors.push_help(name.span(), message, format!("choose another name, such as `{plain}_value`"));
        }
        let mut unique = plain.clone();
        let mut number = 2;
        while self.variables.contains_key(&unique) || self.is_dim(&unique) {
            unique = format!("{plain}_{number}");
            number += 1;
        }
        self.variables.insert(unique.clone(), Variable { name: name.clone(), shared });
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(plain, unique.clone());
        }
        unique
    }

    fn is_dim(&self, name: &str) -> bool {
        self.generics.iter().any(|g| g.kind == GenericKind::Dim && g.name == name)
    }

    fn is_element(&self, name: &str) -> bool {
        self.generics.iter().any(|g| g.kind == GenericKind::Element && g.name == name)
    }

    /// What a name in sight is called in the template: a variable or a dim.
    fn find(&self, name: &str) -> Option<String> {
        let local = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        local.cloned().or_else(|| self.is_dim(name).then(|| name.to_string()))
    }

    fn scoped<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.push(HashMap::new());
        let result = f(self);
        self.scopes.pop();
        result
    }

    /// Parses what only some threads may evaluate, in an expression.
    fn under<T>(&mut self, what: &'static str, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.conditional.replace(what);
        let result = f(self);
        self.conditional = before;
        result
    }
}
