//! Calls: functions of the language, device functions and point kernels.

use super::Parser;
use crate::kernel::language;
use crate::kernel::signature::{dim_expr, parse_dims, scalar_name, shown};
use formwork_ir::kernel::{Callee, Expr, ExprNode, TypeName};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments};

impl Parser<'_> {
    pub(super) fn call(&mut self, e: &syn::ExprCall) -> Expr {
        let path = match &*e.func {
            syn::Expr::Path(path) if path.qself.is_none() => &path.path,
            syn::Expr::Path(path) => {
                return self.refuse(path.span(), "no traits' functions in a kernel", "write a `#[device]` function");
            }
            other => {
                let help = "call a function of the language, a `#[device]` function or a point kernel by its name";
                return self.refuse(other.span(), "only functions are called", help);
            }
        };
        let Some(last) = path.segments.last() else { return self.nothing(e.span()) };
        let (name, span) = (last.ident.to_string(), last.ident.span());
        if let Some(value) = self.number_of(path, e) {
            return value;
        }
        if path.segments.len() == 1 && language::is_reserved(&name) {
            return self.language_call(&name, last, e);
        }
        if path.get_ident().is_some() && self.find(&name).is_some() {
            let help = "write a `#[device]` function outside, and call that";
            return self.refuse(span, format!("`{name}` is a variable, and no function"), help);
        }
        if let (true, Some(first)) = (path.segments.len() > 1, path.segments.first()) {
            let first = first.ident.to_string();
            if language::is_scalar(&first) || self.is_element(&first) {
                let help = language::instead_of_method(&name).unwrap_or("use the functions of the kernel language");
                return self.refuse(span, format!("no function `{first}::{name}` in a kernel"), help);
            }
            if first.chars().next().is_some_and(char::is_uppercase) {
                let help = "write a `#[device]` function and call it";
                return self.refuse(path.span(), format!("no `{}` in a kernel", shown(path)), help);
            }
        }
        if path.get_ident().is_some() && name.chars().next().is_some_and(char::is_uppercase) {
            return self.refuse(
                span,
                format!("no `{name}` in a kernel"),
                "a kernel computes with numbers, not enums or structs",
            );
        }
        let types = self.types_of(last);
        let args = e.args.iter().map(|a| self.expr(a)).collect();
        let callee = Callee::Function(self.callee(path));
        self.make(span, ExprNode::Call { callee, types, args })
    }

    /// The number of a function among those that are called.
    fn callee(&mut self, path: &syn::Path) -> usize {
        let mut plain = path.clone();
        if let Some(last) = plain.segments.last_mut() {
            last.arguments = PathArguments::None;
        }
        let text = shown(&plain);
        self.callees.iter().position(|c| shown(c) == text).unwrap_or_else(|| {
            self.callees.push(plain);
            self.callees.len() - 1
        })
    }

    /// `F::of(0.5)`.
    fn number_of(&mut self, path: &syn::Path, e: &syn::ExprCall) -> Option<Expr> {
        let [first, last] = [path.segments.first()?, path.segments.last()?];
        let ty = first.ident.to_string();
        if path.segments.len() != 2 || last.ident != "of" || e.args.len() != 1 || !self.is_element(&ty) {
            return None;
        }
        let value = self.expr(&e.args[0]);
        Some(self.make(last.ident.span(), ExprNode::Cast(Box::new(value), ty)))
    }

    fn language_call(&mut self, name: &str, segment: &syn::PathSegment, e: &syn::ExprCall) -> Expr {
        let span = segment.ident.span();
        if !self.grid && !language::is_plain(name) {
            let help = "threads, shared memory and atomics are for kernels with an `&Array` parameter";
            e.args.iter().for_each(|a| {
                self.expr(a);
            });
            return self.refuse(span, format!("`{name}` has no meaning in a function of scalars"), help);
        }
        if name == "shared" {
            let help = "write `let tile = shared::<[f32; 32]>();`";
            return self.refuse(span, "shared memory is declared by a `let` of its own", help);
        }
        if let (true, Some(around)) = (language::is_collective(name), self.conditional) {
            let help = format!("write it before, `let value = {name}(..);`, or use an `if` statement");
            self.errors.push_help(span, format!("`{name}` cannot stand in {around}"), help);
        }
        let arity = language::arity(name);
        if let Some(wanted) = arity.filter(|wanted| *wanted != e.args.len()) {
            let (given, s) = (e.args.len(), if wanted == 1 { "" } else { "s" });
            return self.refuse(
                span,
                format!("`{name}` takes {wanted} argument{s}, {given} are given"),
                language::form(name),
            );
        }
        if name == "cast" {
            return self.cast(segment, e);
        }
        if language::is_atomic(name) {
            return self.atomic(name, span, e);
        }
        let args = e.args.iter().map(|a| self.expr(a)).collect();
        self.language(span, name, args)
    }

    fn cast(&mut self, segment: &syn::PathSegment, e: &syn::ExprCall) -> Expr {
        let span = segment.ident.span();
        let ty = match &segment.arguments {
            PathArguments::AngleBracketed(a) => a.args.first(),
            _ => None,
        };
        let ty = if let Some(GenericArgument::Type(ty)) = ty { scalar_name(ty, self.generics) } else { None };
        match (ty, e.args.first()) {
            (Some(ty), Some(value)) if e.args.len() == 1 => {
                let value = self.expr(value);
                self.make(span, ExprNode::Cast(Box::new(value), ty))
            }
            _ => self.refuse(span, "`cast` converts one value to a type", "write `cast::<f32>(x)`"),
        }
    }

    /// `atomic_add(&mut y[i], v)`.
    fn atomic(&mut self, name: &str, span: proc_macro2::Span, e: &syn::ExprCall) -> Expr {
        let Some(syn::Expr::Reference(target)) = e.args.first() else {
            let help = format!("write `{name}(&mut y[i], value)`");
            return self.refuse(span, format!("`{name}` wants an element to change"), help);
        };
        let place = self.place(&target.expr);
        let rest: Vec<Expr> = e.args.iter().skip(1).map(|a| self.expr(a)).collect();
        let Some(place) = place else { return self.nothing(span) };
        let mut args = vec![self.make(target.span(), ExprNode::Ref(place))];
        args.extend(rest);
        self.language(span, name, args)
    }

    /// Types between `::<` and `>`, of a generic device function.
    fn types_of(&mut self, segment: &syn::PathSegment) -> Vec<formwork_ir::kernel::TypeExpr> {
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return vec![] };
        let types: Vec<&syn::Type> = arguments
            .args
            .iter()
            .filter_map(|a| if let GenericArgument::Type(t) = a { Some(t) } else { None })
            .collect();
        types.into_iter().filter_map(|t| self.type_expr(t)).collect()
    }

    /// The element and sizes of `shared::<[[f32; 33]; 32]>()` or `shared::<Array<f32, (N,)>>()`.
    pub(super) fn shared(&mut self, expr: &syn::Expr) -> Option<(TypeName, Vec<Expr>)> {
        let ty = shared_type(expr)?;
        if !self.grid {
            let help = "shared memory is for kernels with an `&Array` parameter";
            self.errors.push_help(expr.span(), "`shared` has no meaning in a function of scalars", help);
            return Some(("f32".into(), vec![]));
        }
        let mut dims = vec![];
        let mut inner = &ty;
        while let syn::Type::Array(array) = inner {
            dims.push(self.expr(&array.len));
            inner = &array.elem;
        }
        if let (true, Some((element, shape))) = (dims.is_empty(), shared_array(&ty)) {
            let line = self.node(expr.span());
            match (scalar_name(&element, self.generics), parse_dims(&shape, self.generics)) {
                (Some(element), Ok(dims)) => {
                    return Some((element, dims.iter().map(|d| dim_expr(d, line)).collect()));
                }
                (_, Err(error)) => self.errors.add(error),
                (None, _) => self.errors.push(element.span(), format!("`{}` is no element type", shown(&element))),
            }
            return Some(("f32".into(), vec![]));
        }
        match scalar_name(inner, self.generics) {
            Some(element) if !dims.is_empty() => Some((element, dims)),
            _ => {
                let help = "write `shared::<[f32; 32]>()`, or `shared::<Array<f32, (N,)>>()` for a size from dims";
                self.errors.push_help(ty.span(), "shared memory holds arrays of scalars", help);
                Some(("f32".into(), vec![]))
            }
        }
    }
}

/// The type of `shared::<T>()`.
pub fn shared_type(expr: &syn::Expr) -> Option<syn::Type> {
    let syn::Expr::Call(call) = expr else { return None };
    let syn::Expr::Path(path) = &*call.func else { return None };
    let [segment] = &path.path.segments.iter().collect::<Vec<_>>()[..] else { return None };
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) if segment.ident == "shared" => Some(ty.clone()),
        _ => None,
    }
}

/// `E` and `S` of `Array<E, S>`.
pub fn shared_array(ty: &syn::Type) -> Option<(syn::Type, syn::Type)> {
    let syn::Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let types: Vec<&syn::Type> =
        arguments.args.iter().filter_map(|a| if let GenericArgument::Type(t) = a { Some(t) } else { None }).collect();
    match types[..] {
        [element, shape] if last.ident == "Array" => Some((element.clone(), shape.clone())),
        _ => None,
    }
}
