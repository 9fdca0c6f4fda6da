//! The local variables of a body, as far as its rewriting needs to know them.

use proc_macro2::Ident;
use std::collections::HashMap;
use syn::Pat;
use syn::visit_mut::{self, VisitMut};

/// What is known of a local variable.
#[derive(Clone, Default)]
pub struct Known {
    /// Bound to a closure: calls of it stay calls.
    pub closure: bool,
    /// Made by a layer: borrowed in arithmetic.
    pub tensor: bool,
    /// A loop over this array of layers binds it: it is one of them.
    pub array: Option<Ident>,
}

/// The variables in sight, innermost scope last. There is always one.
pub struct Scopes(Vec<HashMap<String, Known>>);

impl Default for Scopes {
    fn default() -> Self {
        Scopes(vec![HashMap::new()])
    }
}

impl Scopes {
    pub fn push(&mut self) {
        self.0.push(HashMap::new());
    }

    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The variable of this name; `None` for functions, types and constants.
    pub fn local(&self, name: &Ident) -> Option<Known> {
        let name = name.to_string();
        self.0.iter().rev().find_map(|scope| scope.get(&name)).cloned()
    }

    /// Adds one variable.
    pub fn insert(&mut self, name: &Ident, known: Known) {
        if let Some(scope) = self.0.last_mut() {
            scope.insert(name.to_string(), known);
        }
    }

    /// Adds the variables that a pattern binds.
    pub fn bind(&mut self, pat: &Pat, known: Known) {
        struct Names<'a>(&'a mut Scopes, Known);
        impl VisitMut for Names<'_> {
            fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
                self.0.insert(&pat.ident, self.1.clone());
                visit_mut::visit_pat_ident_mut(self, pat);
            }
        }
        Names(self, known).visit_pat_mut(&mut pat.clone());
    }
}
