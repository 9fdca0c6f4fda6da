//! Shapes in the grammar: `[Batch, 64]`, `[Batch, Seq; i64]`, `[]`, tuples of them, beside ordinary Rust types.

use crate::dim::DimExpr;
use crate::path::{Library, first_span};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use std::fmt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Token, bracketed, parenthesized, token};

/// `[dims]` or `[dims; element]`.
#[derive(Clone)]
pub struct Shape {
    pub dims: Vec<DimExpr>,
    pub element: Option<syn::Type>,
    pub open: Span,
    pub close: Span,
}

/// What stands where a type is expected.
#[derive(Clone)]
pub enum Type {
    Tensor(Box<Shape>),
    Tuple(token::Paren, Vec<Type>),
    Rust(Box<syn::Type>),
    /// A mistake that is reported: any type will do.
    Unknown(Span),
}

impl Parse for Shape {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let inner;
        let bracket = bracketed!(inner in input);
        let span = bracket.span;
        Shape::parse_inner(&inner, span.open(), span.close())
    }
}

impl Shape {
    /// The inside of the brackets.
    pub fn parse_inner(inner: ParseStream, open: Span, close: Span) -> syn::Result<Shape> {
        let (mut dims, mut element) = (vec![], None);
        while !inner.is_empty() && element.is_none() {
            if inner.peek(Token![;]) {
                inner.parse::<Token![;]>()?;
                element = Some(inner.parse()?);
                break;
            }
            dims.push(inner.parse()?);
            if inner.is_empty() || inner.peek(Token![;]) {
                continue;
            }
            inner
                .parse::<Token![,]>()
                .map_err(|e| syn::Error::new(e.span(), "expected `,` between the dims of a shape"))?;
        }
        if inner.is_empty() {
            Ok(Shape { dims, element, open, close })
        } else {
            Err(inner.error("expected the end of the shape"))
        }
    }

    /// The tuple of dims.
    pub fn to_tuple(&self, library: &Library) -> TokenStream {
        let dims = self.dims.iter().map(|d| d.to_type(library));
        let mut tuple = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, quote!(#(#dims,)*));
        tuple.set_span(self.open);
        tuple.to_token_stream()
    }

    /// `Tensor<(..), E>`, from the opening to the closing bracket.
    pub fn to_tensor(&self, library: &Library) -> TokenStream {
        let (tensor, tuple) = (library.at(self.open, "Tensor"), self.to_tuple(library));
        let element = self.element.as_ref().map(|e| quote!(, #e));
        let (open, close) = (quote_spanned!(self.open=> <), quote_spanned!(self.close=> >));
        quote!(#tensor #open #tuple #element #close)
    }
}

impl Parse for Type {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(token::Bracket) {
            return Ok(Type::Tensor(Box::new(input.parse()?)));
        }
        if input.peek(token::Paren) {
            let inner;
            let paren = parenthesized!(inner in input);
            let parts = inner.parse_terminated(Type::parse, Token![,])?;
            return Ok(Type::Tuple(paren, parts.into_iter().collect()));
        }
        Ok(Type::Rust(Box::new(input.parse()?)))
    }
}

impl Type {
    pub fn to_type(&self, library: &Library) -> TokenStream {
        match self {
            Type::Tensor(shape) => shape.to_tensor(library),
            Type::Tuple(paren, parts) => {
                let parts = parts.iter().map(|p| p.to_type(library));
                let mut out = TokenStream::new();
                paren.surround(&mut out, |out| out.extend(quote!(#(#parts,)*)));
                out
            }
            Type::Rust(ty) => ty.to_token_stream(),
            Type::Unknown(span) => quote_spanned!(*span=> !),
        }
    }

    /// Calls `f` with each dim that stands in it.
    pub fn each_dim(&self, f: &mut dyn FnMut(&DimExpr)) {
        match self {
            Type::Tensor(shape) => shape.dims.iter().for_each(f),
            Type::Tuple(_, parts) => parts.iter().for_each(|p| p.each_dim(f)),
            Type::Rust(_) | Type::Unknown(_) => {}
        }
    }

    /// [`Type::each_dim`], to change them.
    pub fn each_dim_mut(&mut self, f: &mut dyn FnMut(&mut DimExpr)) {
        match self {
            Type::Tensor(shape) => shape.dims.iter_mut().for_each(f),
            Type::Tuple(_, parts) => parts.iter_mut().for_each(|p| p.each_dim_mut(f)),
            Type::Rust(_) | Type::Unknown(_) => {}
        }
    }

    /// Whether it is made of tensors alone.
    pub fn is_tensors(&self) -> bool {
        match self {
            Type::Tensor(_) => true,
            Type::Tuple(_, parts) => parts.iter().all(Type::is_tensors),
            Type::Rust(_) => false,
            Type::Unknown(_) => true,
        }
    }

    /// Whether a mistake was found in it.
    pub fn is_unknown(&self) -> bool {
        match self {
            Type::Tuple(_, parts) => parts.iter().any(Type::is_unknown),
            other => matches!(other, Type::Unknown(_)),
        }
    }

    pub fn span(&self) -> Span {
        match self {
            Type::Tensor(shape) => shape.open,
            Type::Tuple(paren, _) => paren.span.open(),
            Type::Rust(ty) => first_span(&ty.to_token_stream()),
            Type::Unknown(span) => *span,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, dim) in self.dims.iter().enumerate() {
            write!(f, "{}{dim}", if i > 0 { ", " } else { "" })?;
        }
        if let Some(element) = &self.element {
            write!(f, "; {}", element.to_token_stream())?;
        }
        f.write_str("]")
    }
}

/// Turns the shapes written on `let`s into types, so that what follows is plain Rust; `seen` gets each dim.
///
/// Token by token and not by syntax, because `[Batch, 64]` is no type to a Rust parser. Rust's own array types
/// (`[f32; 3]`, `[Row; 8]`) stay: they have a number or an expression after the `;`, a shape has an element type.
pub fn shapes_of_lets(
    tokens: TokenStream,
    library: &Library,
    seen: &mut dyn FnMut(&DimExpr),
) -> syn::Result<TokenStream> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut out, mut at_type) = (TokenStream::new(), false);
    let mut in_let = false;
    for (i, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(word) if word == "let" => in_let = true,
            TokenTree::Punct(p) if in_let && matches!(p.as_char(), '=' | ';') => in_let = false,
            TokenTree::Punct(p) if in_let && p.as_char() == ':' => {
                let colon = |t: Option<&TokenTree>| matches!(t, Some(TokenTree::Punct(p)) if p.as_char() == ':');
                let of_path = colon(trees.get(i + 1)) || i > 0 && colon(trees.get(i - 1));
                if !of_path {
                    (at_type, in_let) = (true, false);
                    out.extend([tree.clone()]);
                    continue;
                }
            }
            _ => {}
        }
        match tree {
            TokenTree::Group(_) if std::mem::take(&mut at_type) => out.extend(type_of_let(tree, library, seen)?),
            TokenTree::Group(group) => {
                let inner = shapes_of_lets(group.stream(), library, seen)?;
                let mut new = proc_macro2::Group::new(group.delimiter(), inner);
                new.set_span(group.span());
                out.extend([TokenTree::Group(new)]);
            }
            _ => {
                at_type = false;
                out.extend([tree.clone()]);
            }
        }
    }
    Ok(out)
}

/// The type after the `:` of a `let`: a shape, a tuple with shapes in it, or as it is.
fn type_of_let(tree: &TokenTree, library: &Library, seen: &mut dyn FnMut(&DimExpr)) -> syn::Result<TokenStream> {
    let TokenTree::Group(group) = tree else { return Ok(tree.to_token_stream()) };
    match group.delimiter() {
        proc_macro2::Delimiter::Bracket if !is_rust_array(group) => {
            let shape = Shape::parse.parse2(tree.to_token_stream())?;
            shape.dims.iter().for_each(seen);
            Ok(shape.to_tensor(library))
        }
        proc_macro2::Delimiter::Parenthesis => {
            let inner =
                group.stream().into_iter().map(|t| type_of_let(&t, library, seen)).collect::<syn::Result<_>>()?;
            let mut new = proc_macro2::Group::new(group.delimiter(), inner);
            new.set_span(group.span());
            Ok(TokenTree::Group(new).to_token_stream())
        }
        _ => Ok(tree.to_token_stream()),
    }
}

const NUMBERS: [&str; 18] = [
    "f16", "f32", "f64", "bf16", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
    "usize", "bool", "char",
];

/// `[f32; 3]`: a number type first, or a number last.
fn is_rust_array(group: &proc_macro2::Group) -> bool {
    let trees: Vec<TokenTree> = group.stream().into_iter().collect();
    let Some(semicolon) = trees.iter().position(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ';')) else {
        return false;
    };
    let first = matches!(&trees[..semicolon], [TokenTree::Ident(i)] if NUMBERS.contains(&i.to_string().as_str()));
    first || matches!(trees.get(semicolon + 1), Some(TokenTree::Literal(_) | TokenTree::Group(_)))
}
