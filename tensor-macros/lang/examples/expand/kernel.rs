//! All forms of one kernel: template, typed form, gradient, Rust, CUDA.

use crate::formatted;
use formwork_ir::Fragment;
use formwork_ir::kernel::ir::ScalarType;
use formwork_ir::kernel::link::{Bound, Constant, Source};
use formwork_ir::kernel::{GenericKind, Kind, cuda, point, pointwise};
use proc_macro2::TokenStream;
use quote::ToTokens;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// The functions and constants of a file, those in modules too.
#[derive(Default)]
struct Items {
    file: String,
    functions: HashMap<String, Marked>,
    constants: HashMap<String, syn::Expr>,
}

/// A function with `#[kernel]` or `#[device]` before it.
struct Marked {
    options: TokenStream,
    item: syn::ItemFn,
    device: bool,
}

pub fn print(path: &str, name: &str) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {path}: {e}"))?;
    let file: syn::File = syn::parse_str(&text).map_err(|e| format!("{path} is not Rust: {e}"))?;
    let mut items = Items { file: path.to_string(), ..Items::default() };
    items.collect(file.items);
    let Some(marked) = items.functions.get(name) else {
        let mut known: Vec<&str> = items.functions.keys().map(String::as_str).collect();
        known.sort();
        return Err(format!("{path} has no kernel `{name}`; it has: {}", known.join(", ")));
    };
    let source = items.source(name, &mut vec![])?;
    let mut out = String::new();
    let mut part =
        |title: &str, text: &str| writeln!(out, "// {title}\n{}\n", text.trim_end()).map_err(|e| e.to_string());
    part("template", &source.template.print())?;
    if source.template.kind == Kind::Grid {
        let kernel = source.kernel(&bounds(&source)).map_err(|e| e.to_string())?;
        part("typed: every dim an argument, element generics f32", &kernel.to_string())?;
        part("gradient", &gradient_of_grid(marked, pointwise::pointwise(&kernel).map(|p| p.fragment)))?;
        part("Rust", &rust(marked))?;
        part("CUDA C++", &cuda::emit(&kernel, name))?;
    } else {
        let elements = vec![ScalarType::F32; source.template.generics.len()];
        let functions = source.functions(&elements).map_err(|e| e.to_string())?;
        match point::fragment(&functions) {
            Ok(fragment) => {
                part("fragment: element generics f32", &fragment.to_string())?;
                part("gradient", &gradient(marked, &fragment))?;
            }
            Err(reason) => part("fragment", &format!("none: {reason}"))?,
        }
        part("Rust", &rust(marked))?;
    }
    Ok(out)
}

fn rust(marked: &Marked) -> String {
    let expand = if marked.device { formwork_lang::device } else { formwork_lang::kernel };
    formatted(expand(marked.options.clone(), marked.item.to_token_stream()).to_string())
}

/// A fragment for each float parameter.
fn gradient(marked: &Marked, fragment: &Fragment) -> String {
    if let Some(told) = attached(marked) {
        return told;
    }
    let one = |i: usize| match fragment.grad(i) {
        Some(grad) => format!("of parameter {i}, from the parameters and the cotangents of the results:\n{grad}"),
        None => format!("of parameter {i}: none"),
    };
    (0..fragment.params.len()).map(one).collect::<Vec<_>>().join("\n")
}

fn gradient_of_grid<E: std::fmt::Display>(marked: &Marked, derived: Result<Fragment, E>) -> String {
    if let Some(told) = attached(marked) {
        return told;
    }
    match derived {
        Ok(fragment) => format!("derived, element by element:\n{}", gradient(marked, &fragment)),
        Err(reason) => format!("none: {reason}"),
    }
}

/// What the options say of the gradient.
fn attached(marked: &Marked) -> Option<String> {
    let options = marked.options.to_string();
    let at = options.split(',').map(str::trim).find(|o| o.starts_with("grad") || *o == "no_grad")?;
    Some(at.to_string())
}

fn bounds(source: &Source) -> Vec<Bound> {
    let bound = |kind| if kind == GenericKind::Dim { Bound::Argument } else { Bound::Element(ScalarType::F32) };
    source.template.generics.iter().map(|g| bound(g.kind)).collect()
}

impl Items {
    fn collect(&mut self, items: Vec<syn::Item>) {
        for item in items {
            match item {
                syn::Item::Fn(mut item) => {
                    let marked = |a: &syn::Attribute| {
                        let last = a.path().segments.last().map(|s| s.ident.to_string());
                        last.filter(|name| name == "kernel" || name == "device")
                    };
                    let Some(at) = item.attrs.iter().position(|a| marked(a).is_some()) else { continue };
                    let attr = item.attrs.remove(at);
                    let device = marked(&attr).is_some_and(|name| name == "device");
                    let options = match &attr.meta {
                        syn::Meta::List(list) => list.tokens.clone(),
                        _ => TokenStream::new(),
                    };
                    self.functions.insert(item.sig.ident.to_string(), Marked { options, item, device });
                }
                syn::Item::Const(item) => {
                    self.constants.insert(item.ident.to_string(), *item.expr);
                }
                syn::Item::Mod(module) => self.collect(module.content.map(|c| c.1).unwrap_or_default()),
                _ => {}
            }
        }
    }

    /// The template of a function with those that it calls.
    fn source(&self, name: &str, above: &mut Vec<String>) -> Result<Source, String> {
        if above.iter().any(|n| n == name) {
            return Err(format!("`{name}` calls itself"));
        }
        let Some(marked) = self.functions.get(name) else {
            return Err(format!("`{name}` is not in this file"));
        };
        let item = marked.item.to_token_stream();
        let mut template = formwork_lang::template(marked.options.clone(), item, marked.device)
            .map_err(|n| format!("`{name}` has {n} mistakes; cargo check tells them"))?;
        template.file.clone_from(&self.file);
        above.push(name.to_string());
        let last = |path: &String| path.rsplit("::").next().unwrap_or(path).to_string();
        let callees = template.callees.iter().map(|path| self.source(&last(path), above).map(Arc::new));
        let callees = callees.collect::<Result<_, _>>()?;
        above.pop();
        let constants = template.constants.iter().map(|path| self.constant(&last(path))).collect::<Result<_, _>>()?;
        Ok(Source { template, callees, constants })
    }

    fn constant(&self, name: &str) -> Result<Constant, String> {
        let unknown = || format!("`{name}` is no literal constant of this file");
        match self.constants.get(name).ok_or_else(unknown)? {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(n), .. }) => {
                let ty = ScalarType::from_name(n.suffix()).unwrap_or(ScalarType::Usize);
                n.base10_parse().map(|n| Constant::Int(ty, n)).map_err(|e| e.to_string())
            }
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Float(x), .. }) => {
                let ty = ScalarType::from_name(x.suffix()).unwrap_or(ScalarType::F32);
                x.base10_parse().map(|x| Constant::Float(ty, x)).map_err(|e| e.to_string())
            }
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Bool(b), .. }) => Ok(Constant::Bool(b.value)),
            _ => Err(unknown()),
        }
    }
}
