//! The signature: generics, parameters, results.

use super::ast::{Generic, Param, ParamKind, View, literal_dim};
use super::language;
use crate::dim::DimExpr;
use crate::errors::{Errors, with_help};
use crate::path::first_span;
use crate::shape::Shape;
use formwork_ir::kernel::{BinOp, Expr, ExprNode, GenericKind, Mode, Place};
use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, Pat, PathArguments, Type};

/// What the signature says.
pub struct Signature {
    pub generics: Vec<Generic>,
    pub params: Vec<Param>,
    pub results: Vec<Type>,
}

const HELP_PARAM: &str = "a parameter is a scalar (`f32`, `i64`, `usize`, ..), `&Array<f32, (R, N)>` that is read, or \
    `&mut Array<f32, (R, N)>` that is written";

pub fn parse_signature(sig: &syn::Signature, errors: &mut Errors) -> Signature {
    refuse_qualifiers(sig, errors);
    let generics = parse_generics(sig, errors);
    let params = sig.inputs.iter().filter_map(|arg| keep_param(arg, &generics, errors)).collect();
    let results = match &sig.output {
        syn::ReturnType::Default => vec![],
        syn::ReturnType::Type(_, ty) => match &**ty {
            Type::Tuple(tuple) => tuple.elems.iter().cloned().collect(),
            ty => vec![ty.clone()],
        },
    };
    for ty in &results {
        if scalar_name(ty, &generics).is_none() {
            let help = "it returns a scalar such as `f32`, or a tuple of them";
            errors.push_help(first_span(&ty.to_token_stream()), format!("`{}` is no scalar", shown(ty)), help);
        }
    }
    Signature { generics, params, results }
}

/// A parameter; after a mistake in its type one that takes anything.
fn keep_param(arg: &FnArg, generics: &[Generic], errors: &mut Errors) -> Option<Param> {
    errors.keep(parse_param(arg, generics)).or_else(|| match arg {
        FnArg::Typed(arg) => match &*arg.pat {
            Pat::Ident(pat) => {
                let ty = (*arg.ty).clone();
                Some(Param { name: pat.ident.clone(), mutable: None, ty, kind: ParamKind::Unknown })
            }
            _ => None,
        },
        FnArg::Receiver(_) => None,
    })
}

fn refuse_qualifiers(sig: &syn::Signature, errors: &mut Errors) {
    let mut refuse = |span: Span, what: &str| errors.push(span, format!("a kernel cannot be `{what}`, remove it"));
    if let Some(token) = &sig.constness {
        refuse(token.span(), "const");
    }
    if let Some(token) = &sig.asyncness {
        refuse(token.span(), "async");
    }
    if let syn::Safety::Unsafe(token) = &sig.safety {
        refuse(token.span(), "unsafe");
    }
    if let Some(abi) = &sig.abi {
        refuse(abi.extern_token.span(), "extern");
    }
    if let Some(variadic) = &sig.variadic {
        refuse(variadic.dots.spans[0], "..");
    }
}

fn parse_generics(sig: &syn::Signature, errors: &mut Errors) -> Vec<Generic> {
    let mut generics = vec![];
    for param in &sig.generics.params {
        match param {
            syn::GenericParam::Type(ty) => {
                let mut bounds: Vec<String> = bound_names(&ty.bounds);
                for predicate in sig.generics.where_clause.iter().flat_map(|w| &w.predicates) {
                    if let syn::WherePredicate::Type(p) = predicate
                        && ty.ident == p.bounded_ty.to_token_stream().to_string()
                    {
                        bounds.extend(bound_names(&p.bounds));
                    }
                }
                let is = |names: &[&str]| bounds.iter().any(|b| names.contains(&b.as_str()));
                let kind = if is(&["Dim"]) {
                    GenericKind::Dim
                } else if is(&["Float", "Num", "Element"]) {
                    GenericKind::Element
                } else {
                    let message = format!("`{}` is neither a dim nor an element type", ty.ident);
                    let help = format!("write `{0}: Dim`, or `{0}: Float` for an element type", ty.ident);
                    errors.push_help(ty.ident.span(), message, help);
                    GenericKind::Element
                };
                generics.push(Generic { name: ty.ident.clone(), kind, float: is(&["Float"]) });
            }
            syn::GenericParam::Const(c) => {
                let help = format!("write `{}: Dim`: a dim is a value in the body too", c.ident);
                errors.push_help(c.ident.span(), "a kernel has no const generics", help);
            }
            syn::GenericParam::Lifetime(l) => {
                errors.push(l.lifetime.span(), "a kernel has no lifetimes, remove it");
            }
        }
    }
    generics
}

fn bound_names(bounds: &syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]>) -> Vec<String> {
    let name = |b: &syn::TypeParamBound| match b {
        syn::TypeParamBound::Trait(t) => t.path.segments.last().map(|s| s.ident.to_string()),
        _ => None,
    };
    bounds.iter().filter_map(name).collect()
}

fn parse_param(arg: &FnArg, generics: &[Generic]) -> syn::Result<Param> {
    let arg = match arg {
        FnArg::Typed(arg) => arg,
        FnArg::Receiver(receiver) => {
            let help = "write it outside of the `impl`, with what it needs as parameters";
            return Err(with_help(receiver.self_token.span(), "a kernel is a function, it has no `self`", help));
        }
    };
    let Pat::Ident(pat) = &*arg.pat else {
        return Err(syn::Error::new(arg.pat.span(), "expected the name of a parameter"));
    };
    let mut mode = None;
    for attr in &arg.attrs {
        let which = if attr.path().is_ident("zeroed") {
            Mode::Zeroed
        } else if attr.path().is_ident("inout") {
            Mode::InOut
        } else {
            let help = "a parameter may be marked `#[zeroed]` or `#[inout]`";
            return Err(with_help(attr.path().span(), "unknown mark of a parameter", help));
        };
        if mode.replace((which, attr.path().span())).is_some() {
            return Err(syn::Error::new(attr.path().span(), "a parameter is `#[zeroed]` or `#[inout]`, not both"));
        }
    }
    let kind = parse_param_type(&arg.ty, mode, generics)?;
    let mutable = pat.mutability.map(|m| m.span());
    Ok(Param { name: pat.ident.clone(), mutable, ty: (*arg.ty).clone(), kind })
}

fn parse_param_type(ty: &Type, mark: Option<(Mode, Span)>, generics: &[Generic]) -> syn::Result<ParamKind> {
    let start = first_span(&ty.to_token_stream());
    let Type::Reference(reference) = ty else {
        if let Some((_, span)) = mark {
            return Err(syn::Error::new(span, "only a `&mut Array` is zeroed or both read and written"));
        }
        return match (scalar_name(ty, generics), shown(ty)) {
            (Some(_), _) => Ok(ParamKind::Scalar),
            (None, name) if name.starts_with("Array") => {
                Err(with_help(start, "an array is passed by reference", format!("write `&{name}` or `&mut {name}`")))
            }
            (None, name) => Err(with_help(start, format!("a kernel cannot take a `{name}`"), HELP_PARAM)),
        };
    };
    let view = view_arguments(&reference.elem);
    let Some((element, shape)) = view else {
        let inner = shown(&reference.elem);
        return Err(if scalar_name(&reference.elem, generics).is_some() {
            let help = if reference.mutability.is_some() {
                format!("write `&mut Array<{inner}, (U1,)>` for a result")
            } else {
                format!("write `{inner}`")
            };
            with_help(start, "a scalar is passed by value", help)
        } else if inner.starts_with("Array") {
            with_help(start, "a view says its element and its shape", "write `&Array<f32, (R, N)>`")
        } else {
            with_help(start, format!("a kernel cannot take a `{}`", shown(ty)), HELP_PARAM)
        });
    };
    let mode = match (reference.mutability.is_some(), mark) {
        (true, Some((mode, _))) => mode,
        (true, None) => Mode::Out,
        (false, None) => Mode::In,
        (false, Some((_, span))) => {
            return Err(syn::Error::new(span, "only a `&mut Array` is zeroed or both read and written"));
        }
    };
    if scalar_name(&element, generics).is_none() {
        let message = format!("`{}` is no element type", shown(&element));
        let help = "arrays hold f32, f64, f16, bf16, i64, i32, u8 or bool, or a generic `E: Float`";
        return Err(with_help(first_span(&element.to_token_stream()), message, help));
    }
    let dims = parse_dims(&shape, generics)?;
    Ok(ParamKind::View(Box::new(View { mode, element, shape, dims })))
}

/// `E` and `S` of `Array<E, S>`.
fn view_arguments(ty: &Type) -> Option<(Type, Type)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let types: Vec<&Type> =
        arguments.args.iter().filter_map(|a| if let GenericArgument::Type(t) = a { Some(t) } else { None }).collect();
    match types[..] {
        [element, shape] if last.ident == "Array" => Some((element.clone(), shape.clone())),
        _ => None,
    }
}

/// The dims of `(R, 4)` or `s![R, 4 * N]`.
pub fn parse_dims(shape: &Type, generics: &[Generic]) -> syn::Result<Vec<DimExpr>> {
    let start = first_span(&shape.to_token_stream());
    let dims = match shape {
        Type::Tuple(tuple) if tuple.elems.is_empty() => {
            return Err(with_help(start, "a view has at least one axis", "write `(U1,)` for one element"));
        }
        Type::Tuple(tuple) => tuple.elems.iter().map(parse_dim).collect::<syn::Result<Vec<_>>>()?,
        Type::Macro(mac) if mac.mac.path.segments.last().is_some_and(|s| s.ident == "s") => {
            let parser = |input: ParseStream| Shape::parse_inner(input, start, start);
            parser.parse2(mac.mac.tokens.clone())?.dims
        }
        other => {
            let message = "the shape of a view is a tuple of dims";
            let inner = if let Type::Paren(paren) = other { &*paren.elem } else { other };
            return Err(with_help(start, message, format!("write `({},)`", shown(inner))));
        }
    };
    dims.iter().try_for_each(|dim| check_dim(dim, generics))?;
    Ok(dims)
}

fn parse_dim(ty: &Type) -> syn::Result<DimExpr> {
    match ty {
        Type::Macro(mac) if mac.mac.path.segments.last().is_some_and(|s| s.ident == "dim") => {
            syn::parse2(mac.mac.tokens.clone())
        }
        ty => syn::parse2(ty.to_token_stream()),
    }
}

fn check_dim(dim: &DimExpr, generics: &[Generic]) -> syn::Result<()> {
    match dim {
        DimExpr::Number(..) => Ok(()),
        DimExpr::Binary(a, _, b, _) => check_dim(a, generics).and_then(|()| check_dim(b, generics)),
        DimExpr::Type(path) => {
            let known = path.get_ident().and_then(|name| generics.iter().find(|g| g.name == *name));
            match known {
                Some(g) if g.kind == GenericKind::Dim => Ok(()),
                Some(g) => Err(syn::Error::new(path.span(), format!("`{}` is an element type, no dim", g.name))),
                None if literal_dim(path).is_some() => Ok(()),
                None => {
                    let name = path.to_token_stream().to_string();
                    let message = format!("`{name}` is no dim of this kernel");
                    let help = format!("declare it: `fn kernel<{name}: Dim>(..)`, or write a number such as `U64`");
                    Err(with_help(path.span(), message, help))
                }
            }
        }
    }
}

/// The name of a scalar type, if it is one.
pub fn scalar_name(ty: &Type, generics: &[Generic]) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    if path.qself.is_some() {
        return None;
    }
    let last = path.path.segments.last()?;
    let name = last.ident.to_string();
    let known = language::is_scalar(&name)
        || path.path.get_ident().is_some()
            && generics.iter().any(|g| g.kind == GenericKind::Element && g.name == last.ident);
    (known && last.arguments.is_none()).then_some(name)
}

/// A type as its author writes it.
pub fn shown(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (from, to) in [(" < ", "<"), (" >", ">"), (" ,", ","), (" :: ", "::"), ("& ", "&"), ("< ", "<"), (" <", "<")] {
        text = text.replace(from, to);
    }
    text
}

/// A dim as an expression of the template.
pub fn dim_expr(dim: &DimExpr, line: u32) -> Expr {
    let node = match dim {
        DimExpr::Number(n, _) => ExprNode::Int(*n, None),
        DimExpr::Type(path) => match literal_dim(path) {
            Some(n) => ExprNode::Int(n, None),
            None => place(&path.to_token_stream().to_string()),
        },
        DimExpr::Binary(a, op, b, _) => {
            let op = match op.sign() {
                '+' => BinOp::Add,
                '-' => BinOp::Sub,
                '*' => BinOp::Mul,
                _ => BinOp::Div,
            };
            ExprNode::Binary(op, Box::new(dim_expr(a, line)), Box::new(dim_expr(b, line)))
        }
    };
    Expr { line, node }
}

/// A variable as an expression.
pub fn place(name: &str) -> ExprNode {
    ExprNode::Place(Place { name: name.to_string(), indices: vec![], unchecked: false })
}

/// The identifiers of generics of one kind.
pub fn names_of(generics: &[Generic], kind: GenericKind) -> Vec<&Ident> {
    generics.iter().filter(|g| g.kind == kind).map(|g| &g.name).collect()
}
