//! Errors of one phase, collected: the user sees all of them at once.

use proc_macro2::{Span, TokenStream};

/// The errors found so far.
#[derive(Default)]
pub struct Errors(Vec<syn::Error>);

impl Errors {
    /// `message` at `span`: lower case, no final stop, the user's names in backticks.
    pub fn push(&mut self, span: Span, message: impl std::fmt::Display) {
        self.add(syn::Error::new(span, message));
    }

    /// The same with a line of help that can be pasted.
    pub fn push_help(&mut self, span: Span, message: impl std::fmt::Display, help: impl std::fmt::Display) {
        self.add(with_help(span, message, help));
    }

    /// An error that a parser returned.
    pub fn add(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// The value, or its error kept and `None`.
    pub fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|e| self.add(e)).ok()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One `compile_error!` each.
    pub fn to_tokens(&self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }
}

/// An error with a line of help.
pub fn with_help(span: Span, message: impl std::fmt::Display, help: impl std::fmt::Display) -> syn::Error {
    syn::Error::new(span, format!("{message}\nhelp: {help}"))
}
