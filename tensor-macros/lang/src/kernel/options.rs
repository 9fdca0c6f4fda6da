//! The parentheses of `#[kernel(block = .., grid = .., grad = .., no_grad, crate = ..)]`.

use super::ast::Options;
use crate::errors::{Errors, with_help};
use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Token, ext::IdentExt};

const HELP: &str =
    "it may have `block = 128`, `grid = (N.div_ceil(16), M)`, `grad = function`, `no_grad`, `crate = path`";

pub fn parse_options(tokens: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    let parser = |input: ParseStream| {
        while !input.is_empty() {
            parse_option(input, &mut options)?;
            if input.is_empty() {
                break;
            }
            input.parse::<Token![,]>().map_err(|e| syn::Error::new(e.span(), "expected `,` between the options"))?;
        }
        Ok(())
    };
    errors.keep(parser.parse2(tokens));
    if let (Some(span), Some(_)) = (options.no_grad, &options.grad) {
        errors.push(span, "a kernel with `grad = ..` has a gradient, remove `no_grad`");
    }
    options
}

fn parse_option(input: ParseStream, options: &mut Options) -> syn::Result<()> {
    let name = input.call(Ident::parse_any)?;
    let twice = |there: bool| {
        if there { Err(syn::Error::new(name.span(), format!("`{name}` is given twice"))) } else { Ok(()) }
    };
    if name == "no_grad" {
        twice(options.no_grad.is_some())?;
        options.no_grad = Some(name.span());
        return Ok(());
    }
    if !["block", "grid", "grad", "crate"].iter().any(|known| name == known) {
        return Err(with_help(name.span(), format!("`{name}` is no option of a kernel"), HELP));
    }
    input.parse::<Token![=]>().map_err(|e| syn::Error::new(e.span(), format!("expected `{name} = ..`")))?;
    match name.to_string().as_str() {
        "block" => {
            twice(options.block.is_some())?;
            options.block = Some(axes(input.parse()?));
        }
        "grid" => {
            twice(options.grid.is_some())?;
            options.grid = Some(axes(input.parse()?));
        }
        "grad" => {
            twice(options.grad.is_some())?;
            options.grad = Some(input.parse()?);
        }
        _ => {
            twice(options.library.is_some())?;
            options.library = Some(input.call(syn::Path::parse_mod_style)?);
        }
    }
    Ok(())
}

/// One expression, or those of a tuple.
fn axes(expr: syn::Expr) -> Vec<syn::Expr> {
    match expr {
        syn::Expr::Tuple(tuple) => tuple.elems.into_iter().collect(),
        expr => vec![expr],
    }
}
