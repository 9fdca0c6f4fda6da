//! Dims in the grammar: `64`, `Batch`, `4 * D`, `D / HEADS`, and the types they become.

use crate::path::{Library, first_span, last_span, unseen};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::fmt;
use syn::parse::{Parse, ParseStream};
use syn::{LitInt, Token, parenthesized, token};

/// A dim as the user wrote it.
#[derive(Clone)]
pub enum DimExpr {
    Number(u64, Span),
    /// A declared dim, an alias or a type parameter; layers take any type here (`f64`).
    Type(Box<syn::Path>),
    /// The result may be marked as total: its type exists even if the dim doesn't.
    Binary(Box<DimExpr>, Op, Box<DimExpr>, bool),
}

/// Arithmetic on dims.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
}

impl Op {
    pub fn sign(self) -> char {
        match self {
            Op::Add => '+',
            Op::Sub => '-',
            Op::Mul => '*',
            Op::Div => '/',
        }
    }

    /// The type that holds the result, and the trait that says there is one.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Op::Add => ("Sum", "DimAdd"),
            Op::Sub => ("Diff", "DimSub"),
            Op::Mul => ("Prod", "DimMul"),
            Op::Div => ("Quot", "DimDiv"),
        }
    }

    /// The trait whose result exists always, for operations that not every pair of dims has.
    fn total(self) -> Option<&'static str> {
        match self {
            Op::Add | Op::Mul => None,
            Op::Sub => Some("Deduct"),
            Op::Div => Some("Share"),
        }
    }

    /// The function that exists only for pairs that have a result.
    fn check(self) -> Option<&'static str> {
        match self {
            Op::Add | Op::Mul => None,
            Op::Sub => Some("nn::protocol::has_difference"),
            Op::Div => Some("nn::protocol::has_quotient"),
        }
    }

    fn binds(self) -> u8 {
        if matches!(self, Op::Mul | Op::Div) { 2 } else { 1 }
    }

    /// The next token as an operator; the `-` of `->` is none.
    fn peek(input: ParseStream) -> Option<Op> {
        if input.peek(Token![->]) {
            return None;
        }
        [
            (input.peek(Token![+]), Op::Add),
            (input.peek(Token![-]), Op::Sub),
            (input.peek(Token![*]), Op::Mul),
            (input.peek(Token![/]), Op::Div),
        ]
        .into_iter()
        .find_map(|(there, op)| there.then_some(op))
    }

    /// The result on numbers, if it is a dim; what isn't is left to the types, which say why.
    fn fold(self, a: u64, b: u64) -> Option<u64> {
        match self {
            Op::Add => a.checked_add(b),
            Op::Sub => a.checked_sub(b),
            Op::Mul => a.checked_mul(b),
            Op::Div => (b != 0 && a.is_multiple_of(b)).then(|| a / b),
        }
    }
}

impl Parse for DimExpr {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        parse_binary(input, 0)
    }
}

fn parse_binary(input: ParseStream, above: u8) -> syn::Result<DimExpr> {
    let mut left = parse_operand(input)?;
    while let Some(op) = Op::peek(input)
        && op.binds() > above
    {
        input.parse::<proc_macro2::Punct>()?;
        let right = parse_binary(input, op.binds())?;
        left = match (&left, &right) {
            (&DimExpr::Number(a, span), &DimExpr::Number(b, _)) if op.fold(a, b).is_some() => {
                DimExpr::Number(op.fold(a, b).unwrap_or(a), span)
            }
            _ => DimExpr::Binary(Box::new(left), op, Box::new(right), false),
        };
    }
    Ok(left)
}

fn parse_operand(input: ParseStream) -> syn::Result<DimExpr> {
    if input.peek(LitInt) {
        let literal: LitInt = input.parse()?;
        if !literal.suffix().is_empty() {
            return Err(syn::Error::new(
                literal.span(),
                format!("a dim is a plain number, write `{}`", literal.base10_digits()),
            ));
        }
        return Ok(DimExpr::Number(literal.base10_parse()?, literal.span()));
    }
    if input.peek(token::Paren) {
        let inner;
        parenthesized!(inner in input);
        let dim = inner.parse()?;
        return if inner.is_empty() { Ok(dim) } else { Err(inner.error("expected one dim in the parentheses")) };
    }
    if input.peek(syn::Ident)
        || input.peek(Token![::])
        || input.peek(Token![crate])
        || input.peek(Token![self])
        || input.peek(Token![super])
        || input.peek(Token![Self])
    {
        return Ok(DimExpr::Type(Box::new(input.parse()?)));
    }
    Err(input.error("expected a dim: a number, a name declared with `dims!`, or arithmetic on them such as `4 * D`"))
}

impl DimExpr {
    /// The dim as a type.
    pub fn to_type(&self, library: &Library) -> TokenStream {
        match self {
            DimExpr::Number(n, span) => {
                let source = crate::named::spell(*n, &library.source());
                let tokens = source.parse().unwrap_or_else(|_| quote!(()));
                crate::path::respan(tokens, *span)
            }
            DimExpr::Type(path) => path.to_token_stream(),
            DimExpr::Binary(a, op, b, total) => {
                let (a, b) = (a.to_type(library), b.to_type(library));
                let (open, close) = (first_span(&a), last_span(&b));
                let end = quote_spanned!(close=> >);
                if let (true, Some(of)) = (*total, op.total()) {
                    let (of, out) = (unseen(library.at(open, of)), unseen(quote_spanned!(close=> ::Out<>)));
                    return quote_spanned!(open=> <#a as #of<#b>#end #out);
                }
                let result = unseen(library.at(open, op.names().0));
                quote_spanned!(open=> #result<#a, #b #end)
            }
        }
    }

    /// The dim as a number in Rust code, for aliases.
    pub fn to_number(&self) -> TokenStream {
        match self {
            DimExpr::Number(n, span) => {
                let mut literal = proc_macro2::Literal::u64_unsuffixed(*n);
                literal.set_span(*span);
                literal.to_token_stream()
            }
            DimExpr::Type(path) => path.to_token_stream(),
            DimExpr::Binary(a, op, b, _) => {
                let (a, b, sign) =
                    (a.to_number(), b.to_number(), proc_macro2::Punct::new(op.sign(), proc_macro2::Spacing::Alone));
                quote!((#a #sign #b))
            }
        }
    }

    /// Adds the bounds without which this dim doesn't exist: one for each operation on a type parameter.
    pub fn bounds(&self, library: &Library, parameters: &[Ident], out: &mut Vec<TokenStream>) {
        let DimExpr::Binary(a, op, b, _) = self else { return };
        a.bounds(library, parameters, out);
        b.bounds(library, parameters, out);
        if self.mentions(parameters) {
            let (a, b) = (a.to_type(library), b.to_type(library));
            let bound = library.at(first_span(&a), op.names().1);
            out.push(quote!(#a: #bound<#b>));
        }
    }

    /// Marks what is total, if no type parameter is in it.
    pub fn make_total(&mut self, parameters: &[Ident]) {
        let total = !self.mentions(parameters);
        if let DimExpr::Binary(a, _, b, mark) = self {
            *mark = total;
            a.make_total(parameters);
            b.make_total(parameters);
        }
    }

    /// For each result marked as total, an item that checks it.
    pub fn checks(&self, library: &Library, out: &mut TokenStream) {
        let DimExpr::Binary(a, op, b, total) = self else { return };
        a.checks(library, out);
        b.checks(library, out);
        if let (true, Some(check)) = (*total, op.check()) {
            let (a, b) = (a.to_type(library), b.to_type(library));
            let span = first_span(&a);
            let (check, end) = (unseen(library.at(span, check)), quote_spanned!(last_span(&b)=> >));
            out.extend(quote_spanned!(span=> const _: fn() = #check::<#a, #b #end;));
        }
    }

    fn mentions(&self, names: &[Ident]) -> bool {
        self.mentioned(names).is_some()
    }

    /// Where one of `names` stands in it.
    pub fn mentioned(&self, names: &[Ident]) -> Option<&Ident> {
        match self {
            DimExpr::Number(..) => None,
            DimExpr::Type(path) => path.segments.first().map(|s| &s.ident).filter(|name| names.contains(name)),
            DimExpr::Binary(a, _, b, _) => a.mentioned(names).or_else(|| b.mentioned(names)),
        }
    }
}

impl fmt::Display for DimExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DimExpr::Number(n, _) => write!(f, "{n}"),
            DimExpr::Type(path) => f.write_str(&path.to_token_stream().to_string().replace(' ', "")),
            DimExpr::Binary(a, op, b, _) => {
                let operand = |dim: &DimExpr, tighter: bool| match dim {
                    DimExpr::Binary(_, inner, ..) if inner.binds() < op.binds() + u8::from(tighter) => {
                        format!("({dim})")
                    }
                    _ => dim.to_string(),
                };
                write!(f, "{} {} {}", operand(a, false), op.sign(), operand(b, true))
            }
        }
    }
}
