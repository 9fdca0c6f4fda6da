//! Tokens to [`Model`]. A field or function that doesn't parse is left out and reported; the rest is read on.

use super::ast::{Arg, Field, Generics, Layer, Model, Where};
use super::function::{FUNCTION, parse_method};
use crate::dim::DimExpr;
use crate::errors::{Errors, with_help};
use crate::path::Library;
use crate::shape::Shape;
use proc_macro2::{Ident, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Lit, Token, Visibility, braced, bracketed, parenthesized, token};

const FIELD: &str = "a field is `name: Layer(arguments)`, such as `fc1: Linear(64 -> 128)`";

/// A whole `model!`.
pub fn parse_model(input: ParseStream, errors: &mut Errors) -> syn::Result<Model> {
    let library = Library::parse(input)?;
    let mut attrs = input.call(Attribute::parse_outer)?;
    let compute = take_compute(&mut attrs, errors);
    let vis: Visibility = input.parse()?;
    if !input.peek(Token![struct]) {
        return Err(with_help(
            input.span(),
            "a model starts with its layers",
            "write `struct Name { layer: Layer(..), .. }` before the functions",
        ));
    }
    let struct_token = input.parse()?;
    let name: Ident = input.parse()?;
    let generics = parse_generics(input)?;
    let (fields, methods) = (vec![], vec![]);
    let mut model = Model { library, attrs, compute, vis, struct_token, name, generics, fields, methods, stub: false };
    if input.peek(Token![;]) {
        input.parse::<Token![;]>()?;
    } else {
        let inner;
        braced!(inner in input);
        parse_fields(&inner, &mut model, errors);
    }
    while !input.is_empty() {
        match parse_method(input, &model.library, errors) {
            Ok(method) => model.methods.push(method),
            Err(error) => {
                errors.add(error);
                skip_to_function(input);
            }
        }
    }
    Ok(model)
}

/// Takes `#[compute(bf16)]` out of the attributes of a model.
fn take_compute(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> Option<syn::Path> {
    let mut found = None;
    for attr in attrs.extract_if(.., |attr| attr.path().is_ident("compute")) {
        let span = attr.path().span();
        let Ok(path) = attr.parse_args_with(syn::Path::parse_mod_style) else {
            errors.push_help(span, "`compute` names one element type", "write `#[compute(bf16)]`");
            continue;
        };
        if found.replace(path).is_some() {
            errors.push(span, "a model computes in one element type, `compute` stands here a second time");
        }
    }
    found
}

/// Drops tokens up to the next function.
fn skip_to_function(input: ParseStream) {
    while !(input.is_empty() || input.peek(Token![fn]) || input.peek(Token![pub]) || input.peek(Token![#])) {
        let _ = input.parse::<TokenTree>();
    }
}

fn parse_generics(input: ParseStream) -> syn::Result<Generics> {
    let params = input.parse()?;
    let wheres = parse_wheres(input)?;
    Ok(Generics { params, wheres })
}

/// `where` predicates of Rust, and dims that have to exist: `where 4 * H, L: Clone`.
pub fn parse_wheres(input: ParseStream) -> syn::Result<Vec<Where>> {
    let mut wheres = vec![];
    if !input.peek(Token![where]) {
        return Ok(wheres);
    }
    input.parse::<Token![where]>()?;
    while !input.peek(token::Brace) && !input.is_empty() {
        let fork = input.fork();
        wheres.push(if fork.parse::<syn::WherePredicate>().is_ok() {
            Where::Rust(Box::new(input.parse()?))
        } else {
            let dim: DimExpr = input.parse()?;
            if input.peek(Token![:]) {
                input.parse::<Token![:]>()?;
                let bounds: syn::punctuated::Punctuated<syn::TypeParamBound, Token![+]> =
                    syn::punctuated::Punctuated::parse_separated_nonempty(input)?;
                Where::Dim(dim, bounds.to_token_stream())
            } else {
                Where::Exists(dim)
            }
        });
        if !input.peek(token::Brace) {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(wheres)
}

fn parse_fields(input: ParseStream, model: &mut Model, errors: &mut Errors) {
    while !input.is_empty() {
        let found = if is_function(input) {
            errors.push_help(input.span(), "functions stand after the braces of the struct", FUNCTION);
            parse_method(input, &model.library, errors).map(|method| model.methods.push(method))
        } else {
            parse_field(input).map(|field| model.fields.push(field))
        };
        match found {
            Ok(()) if input.is_empty() || is_function(input) || model.fields.is_empty() => continue,
            Ok(()) => {}
            Err(error) => {
                errors.add(error);
                while !input.is_empty() && !input.peek(Token![,]) {
                    let _ = input.parse::<TokenTree>();
                }
            }
        }
        if !input.is_empty()
            && let Err(error) = input.parse::<Token![,]>()
        {
            errors.add(with_help(error.span(), "expected `,` after the layer", FIELD));
            while !input.is_empty() && input.parse::<Token![,]>().is_err() {
                let _ = input.parse::<TokenTree>();
            }
        }
    }
}

fn is_function(input: ParseStream) -> bool {
    let fork = input.fork();
    fork.call(Attribute::parse_outer).is_ok() && fork.parse::<Visibility>().is_ok() && fork.peek(Token![fn])
}

fn parse_field(input: ParseStream) -> syn::Result<Field> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let name: Ident = input.parse()?;
    if !input.peek(Token![:]) {
        let message = format!("layer `{name}` has no type");
        return Err(with_help(name.span(), message, FIELD));
    }
    input.parse::<Token![:]>()?;
    let layer = parse_layer(input)?;
    Ok(Field { attrs, vis, name, layer })
}

fn parse_layer(input: ParseStream) -> syn::Result<Layer> {
    if input.peek(token::Bracket) {
        let inner;
        let bracket = bracketed!(inner in input);
        let item = Box::new(parse_layer(&inner)?);
        if !inner.peek(Token![;]) {
            return Err(with_help(inner.span(), "an array of layers says how many", format!("write `[{item}; 12]`")));
        }
        inner.parse::<Token![;]>()?;
        return Ok(Layer::Array { bracket, item, len: Box::new(inner.parse()?) });
    }
    if !(input.peek(syn::Ident)
        || input.peek(Token![::])
        || input.peek(Token![crate])
        || input.peek(Token![super])
        || input.peek(Token![self]))
    {
        return Err(with_help(input.span(), "expected the name of a layer", FIELD));
    }
    let path = input.call(syn::Path::parse_mod_style)?;
    if input.peek(Token![<]) {
        return Err(guess_from_angles(input, &path));
    }
    let (mut args, mut paren) = (vec![], None);
    if input.peek(token::Paren) {
        let inner;
        paren = Some(parenthesized!(inner in input));
        while !inner.is_empty() {
            args.push(parse_arg(&inner)?);
            if !inner.is_empty() {
                inner.parse::<Token![,]>().map_err(|e| {
                    with_help(
                        e.span(),
                        "expected `,` or `->` between the arguments of a layer",
                        "dims are written `Linear(64 -> 128)`",
                    )
                })?;
            }
        }
    }
    Ok(Layer::One { path, paren, args })
}

/// `Linear<64, 128>` was meant as `Linear(64 -> 128)`.
fn guess_from_angles(input: ParseStream, path: &syn::Path) -> syn::Error {
    let open = input.span();
    let mut args = vec![];
    let _ = input.parse::<Token![<]>();
    while let Ok(dim) = input.parse::<DimExpr>() {
        args.push(dim.to_string());
        if input.parse::<Token![,]>().is_err() {
            break;
        }
    }
    let name = path.to_token_stream().to_string().replace(' ', "");
    let args = if let [a, b] = &args[..] { format!("{a} -> {b}") } else { args.join(", ") };
    with_help(open, "a layer takes its dims in parentheses", format!("write `{name}({args})`"))
}

fn parse_arg(input: ParseStream) -> syn::Result<Arg> {
    if input.peek(syn::Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
        let name = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        return Ok(if is_value(input) {
            Arg::NamedValue(name, Box::new(input.parse()?))
        } else {
            Arg::NamedDim(name, input.parse()?)
        });
    }
    if is_value(input) {
        return Ok(Arg::Value(Box::new(input.parse()?)));
    }
    if input.peek(token::Bracket) {
        let fork = input.fork();
        return Ok(if fork.parse::<Shape>().is_ok() {
            Arg::Shape(Box::new(input.parse()?))
        } else {
            Arg::Layer(parse_layer(input)?)
        });
    }
    let fork = input.fork();
    if fork.call(syn::Path::parse_mod_style).is_ok() && fork.peek(token::Paren) {
        return Ok(Arg::Layer(parse_layer(input)?));
    }
    let dim = input.parse()?;
    if input.peek(Token![->]) {
        input.parse::<Token![->]>()?;
        return Ok(Arg::Arrow(dim, input.parse()?));
    }
    Ok(Arg::Dim(dim))
}

/// A float, bool, string, negative number or `{expr}`; whole numbers are dims.
fn is_value(input: ParseStream) -> bool {
    let fork = input.fork();
    if input.peek(token::Brace) || input.peek(Token![-]) && !input.peek(Token![->]) {
        return true;
    }
    matches!(fork.parse::<Lit>(), Ok(lit) if !matches!(&lit, Lit::Int(i) if !matches!(i.suffix(), "f32" | "f64")))
}
