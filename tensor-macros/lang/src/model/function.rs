//! A function of a model, `fn forward(&self, x: [Batch, 64]) -> [Batch, 10] { .. }`, from tokens.
//!
//! A type that is wrong is reported and replaced by one that fits everything, so that the stub has the function.

use super::ast::{Generics, Input, Method};
use super::parse::parse_wheres;
use crate::errors::{Errors, with_help};
use crate::path::Library;
use crate::shape::{Type, shapes_of_lets};
use crate::unfinished;
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::{Attribute, Token, Visibility, parenthesized, token};

/// How a function is written, for help.
pub const FUNCTION: &str = "write `fn forward(&self, x: [Batch, 64]) -> [Batch, 10] { .. }`";

pub fn parse_method(input: ParseStream, library: &Library, errors: &mut Errors) -> syn::Result<Method> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    if !input.peek(Token![fn]) {
        return Err(with_help(input.span(), "expected a function", FUNCTION));
    }
    let fn_token = input.parse()?;
    let name: Ident = input.parse()?;
    let params: syn::Generics = input.parse()?;
    let inner;
    parenthesized!(inner in input);
    let self_token = parse_receiver(&inner, &name)?;
    let (inputs, cx) = parse_inputs(&inner, errors)?;
    let output = parse_output(input, &name, errors)?;
    let wheres = parse_wheres(input)?;
    if !input.peek(token::Brace) {
        return Err(input.error(format!("expected the body of `fn {name}` in braces")));
    }
    let body: TokenTree = input.parse()?;
    let mut body_dims = vec![];
    let body = shapes_of_lets(TokenStream::from(body), library, &mut |dim| body_dims.push(dim.clone()));
    let body = errors.keep(body.and_then(parse_body)).unwrap_or_else(|| syn::parse_quote!({}));
    let generics = Generics { params, wheres };
    Ok(Method { attrs, vis, fn_token, name, generics, self_token, inputs, cx, output, body, body_dims })
}

/// A body that is Rust, or is once its gaps are filled.
fn parse_body(tokens: TokenStream) -> syn::Result<syn::Block> {
    let error = match syn::parse2(tokens.clone()) {
        Ok(body) => return Ok(body),
        Err(error) => error,
    };
    unfinished::fill(&tokens).and_then(|filled| syn::parse2(filled).ok()).ok_or(error)
}

fn parse_receiver(input: ParseStream, name: &Ident) -> syn::Result<Token![self]> {
    let wrong = |span| with_help(span, format!("`fn {name}` takes `&self` first"), FUNCTION);
    if !input.peek(Token![&]) {
        return Err(wrong(if input.is_empty() { name.span() } else { input.span() }));
    }
    let span = input.span();
    input.parse::<Token![&]>()?;
    if input.peek(Token![mut]) {
        return Err(with_help(input.span(), "a model is not changed by running it", "write `&self`"));
    }
    let self_token = input.parse().map_err(|_| wrong(span))?;
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(self_token)
}

fn parse_inputs(input: ParseStream, errors: &mut Errors) -> syn::Result<(Vec<Input>, Option<Ident>)> {
    let (mut inputs, mut cx) = (vec![], None);
    while !input.is_empty() {
        let mutable = input.parse()?;
        let name: Ident = input.parse()?;
        if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
            match input.parse()? {
                Type::Rust(rust) if is_cx(&rust) => cx = Some(name),
                ty => {
                    let ty = checked_type(ty, &format!("input `{name}`"), errors);
                    inputs.push(Input { mutable, name, ty });
                }
            }
        } else {
            errors.push_help(
                name.span(),
                format!("input `{name}` has no shape"),
                format!("write `{name}: [Batch, 64]`"),
            );
            let ty = Type::Unknown(name.span());
            inputs.push(Input { mutable, name, ty });
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok((inputs, cx))
}

/// `-> [Batch, 10]`.
fn parse_output(input: ParseStream, name: &Ident, errors: &mut Errors) -> syn::Result<Type> {
    if !input.peek(Token![->]) {
        let help = "write the shape of its result: `-> [Batch, 10]`";
        errors.push_help(name.span(), format!("`fn {name}` doesn't say what it returns"), help);
        return Ok(Type::Unknown(name.span()));
    }
    input.parse::<Token![->]>()?;
    let output: Type = input.parse()?;
    Ok(checked_type(output, "the result", errors))
}

/// `&Cx`, by whatever path.
fn is_cx(ty: &syn::Type) -> bool {
    let syn::Type::Reference(reference) = ty else { return false };
    matches!(&*reference.elem, syn::Type::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "Cx"))
}

/// `x: Tensor` was meant as a shape.
fn checked_type(ty: Type, what: &str, errors: &mut Errors) -> Type {
    let span = ty.span();
    let Type::Rust(rust) = &ty else { return ty };
    let inside = if let syn::Type::Reference(r) = &**rust { &*r.elem } else { rust };
    match inside {
        syn::Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Tensor") => {
            let help = "write `[Batch, 64]`, or `[Batch, 64; i64]` for other elements than f32";
            errors.push_help(span, format!("{what} is written as its shape, not as `Tensor`"), help);
            Type::Unknown(span)
        }
        _ if matches!(**rust, syn::Type::Reference(_)) && what == "the result" => {
            let help = "write the shape alone: `-> [Batch, 10]`";
            errors.push_help(span, "the result is not a reference in `model!`", help);
            Type::Unknown(span)
        }
        _ => ty,
    }
}
