//! `model!`: parse, check, rewrite the bodies, emit.
//!
//! The macro knows no layer by name and checks no shape: it writes ordinary Rust whose tokens carry the user's spans,
//! so that rustc's one error stands at the layer that gives and the layer that takes.

mod ast;
mod body;
mod check;
pub(crate) mod emit;
mod function;
mod parse;
mod scopes;

use crate::errors::Errors;
use proc_macro2::TokenStream;
use syn::parse::Parser;

/// What `model! { .. }` becomes: the model, or errors beside a stub with the right signatures.
pub fn expand(input: TokenStream) -> TokenStream {
    let (mut errors, mut model) = (Errors::default(), None);
    let parser = |input: syn::parse::ParseStream| {
        model = Some(parse::parse_model(input, &mut errors)?);
        Ok(())
    };
    if let Err(error) = parser.parse2(input)
        && (errors.is_empty() || model.is_none())
    {
        // Beside others, the error is that tokens are left where one of them was found.
        errors.add(error);
    }
    let Some(mut model) = model else { return errors.to_tokens() };
    model.make_total();
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
