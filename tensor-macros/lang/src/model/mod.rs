//! `model!`: parse, check, rewrite the bodies, emit.
//!
//! The macro knows no layer by name and checks no shape: it writes ordinary Rust whose tokens carry the user's spans,
//! so that rustc's one error stands at the layer that gives and the layer that takes.

mod ast;
mod body;
mod check;
pub(crate) mod emit;
mod parse;

use crate::errors::Errors;
use proc_macro2::TokenStream;
use syn::parse::Parser;

/// What `model! { .. }` becomes: the model, or errors beside a stub with the right signatures.
pub fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parsed = (|input: syn::parse::ParseStream| parse::parse_model(input, &mut errors)).parse2(input);
    let model = errors.keep(parsed);
    let Some(mut model) = model else { return errors.to_tokens() };
    check::check_model(&model, &mut errors);
    body::rewrite_bodies(&mut model, &mut errors);
    if errors.is_empty() {
        return emit::emit_model(&model);
    }
    // The user's mistake is the only error: what uses the model still finds it.
    model.make_stub();
    let mut out = errors.to_tokens();
    out.extend(emit::emit_model(&model));
    out
}
