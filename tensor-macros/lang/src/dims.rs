//! `dims!`, `dim!` and `s!`.

use crate::dim::DimExpr;
use crate::errors::{Errors, with_help};
use crate::path::Library;
use crate::shape::Shape;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Token, Visibility};

/// `dims! { Batch, pub D = 768 }`: run-time dims, each equal only to itself, and names for literal ones.
pub fn dims(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parser = |input: ParseStream| {
        let library = Library::parse(input)?;
        let (mut out, mut run_time) = (TokenStream::new(), vec![]);
        while !input.is_empty() {
            let declared = parse_declaration(input)?;
            match &declared.value {
                None => run_time.push(declared.name.clone()),
                Some(value) => check_number(&declared.name, value, &run_time)?,
            }
            out.extend(declared.emit(&library));
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(|e| {
                    with_help(e.span(), "expected `,` between dims", "write `dims! { Batch, Seq, D = 768 }`")
                })?;
            }
        }
        Ok(out)
    };
    let out = errors.keep(parser.parse2(input)).unwrap_or_default();
    let errors = errors.to_tokens();
    quote::quote!(#errors #out)
}

struct Declaration {
    attrs: Vec<Attribute>,
    vis: Visibility,
    name: Ident,
    value: Option<DimExpr>,
}

fn parse_declaration(input: ParseStream) -> syn::Result<Declaration> {
    let attrs = input.call(Attribute::parse_outer)?;
    // A dim stands in the signatures of public models, so it is public unless its user says less.
    let written: Visibility = input.parse()?;
    let name: Ident = input
        .parse()
        .map_err(|e| with_help(e.span(), "expected the name of a dim", "write `dims! { Batch, Seq, D = 768 }`"))?;
    let vis = match written {
        // On the name, so that messages point there.
        Visibility::Inherited => syn::parse_quote_spanned!(name.span()=> pub),
        written => written,
    };
    let mut value = None;
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        value = Some(input.parse()?);
    }
    Ok(Declaration { attrs, vis, name, value })
}

/// `TWICE = 2 * Batch` is no number.
fn check_number(name: &Ident, value: &DimExpr, run_time: &[Ident]) -> syn::Result<()> {
    match value.mentioned(run_time) {
        None => Ok(()),
        Some(dim) => {
            let message = format!("`{name}` stands for a number, and `{dim}` has one only at run time");
            Err(with_help(dim.span(), message, format!("write `type {name} = dim!({value});`")))
        }
    }
}

impl Declaration {
    fn emit(&self, library: &Library) -> TokenStream {
        let Declaration { attrs, vis, name, value } = self;
        let span = name.span();
        if let Some(value) = value {
            // A type and a constant of one name: `D` is a dim in shapes and a number in code.
            let (ty, number) = (value.to_type(library), value.to_number());
            return quote_spanned! {span=>
                #(#attrs)* #[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)] #vis type #name = #ty;
                #(#attrs)* #[allow(dead_code, non_upper_case_globals, unused_parens)] #vis const #name: usize = #number;
            };
        }
        let [dim, expr, symbol, one, no] =
            ["Dim", "DimExpr", "Symbol", "OneUint", "No"].map(|path| library.at(span, path));
        let label = name.to_string();
        quote_spanned! {span=>
            #(#attrs)* #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)] #vis struct #name;
            impl #dim for #name {
                const EXPR: &'static #expr = &#expr::Symbol(#symbol { name: #label, module: ::core::module_path!() });
                type Uint = #one;
                type Syms = (Self, ());
                type One = #no;
            }
        }
    }
}

/// `dim!(4 * D)`: a dim as a type.
pub fn dim(input: TokenStream) -> TokenStream {
    type_macro(input, |input, library| Ok(input.parse::<DimExpr>()?.to_type(library)))
}

/// `s![Batch, 784]`: a shape as a type.
pub fn shape(input: TokenStream) -> TokenStream {
    type_macro(input, |input, library| {
        let shape = Shape::parse_inner(input, Span::call_site(), Span::call_site())?;
        match shape.element {
            Some(element) => Err(with_help(
                syn::spanned::Spanned::span(&element),
                "a shape has no element type here",
                "write `Tensor<s![Batch, 64], i64>`",
            )),
            None => Ok(shape.to_tuple(library)),
        }
    })
}

/// A macro that stands for a type: after an error, for `()`.
fn type_macro(input: TokenStream, f: impl Fn(ParseStream, &Library) -> syn::Result<TokenStream>) -> TokenStream {
    let parser = |input: ParseStream| {
        let library = Library::parse(input)?;
        f(input, &library)
    };
    parser.parse2(input).unwrap_or_else(|error| error.to_compile_error())
}
