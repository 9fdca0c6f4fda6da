//! What is wrong with a model that parses: names that meet, a missing `forward`, misplaced options.

use super::ast::{Arg, Layer, Method, Model};
use crate::errors::Errors;
use std::collections::HashSet;

/// Functions that every model has.
pub const GENERATED: [&str; 4] = ["new", "train", "eval", "summary"];

/// What PyTorch calls arguments that are dims without a name here.
const POSITIONAL: [&str; 12] = [
    "in_features",
    "out_features",
    "in_channels",
    "out_channels",
    "kernel",
    "kernel_size",
    "num_features",
    "normalized_shape",
    "num_embeddings",
    "embedding_dim",
    "output_size",
    "num_channels",
];

/// The most inputs a layer takes.
pub const MOST_INPUTS: usize = 4;

pub fn check_model(model: &Model, errors: &mut Errors) {
    check_forward(model, errors);
    check_names(model, errors);
    for field in &model.fields {
        check_layer(&field.layer, errors);
    }
}

fn check_forward(model: &Model, errors: &mut Errors) {
    // After a parse error the function may have been there.
    let Some(forward) = model.forward() else {
        if errors.is_empty() {
            let help = "add `fn forward(&self, x: [Batch, 64]) -> [Batch, 10] { .. }` after the struct";
            errors.push_help(model.name.span(), format!("model `{}` has no `fn forward`", model.name), help);
        }
        return;
    };
    check_inputs(forward, errors);
}

fn check_inputs(forward: &Method, errors: &mut Errors) {
    if let Some(extra) = forward.inputs.get(MOST_INPUTS) {
        let help = "write some of them as one tuple: `pair: ([Batch, 64], [Batch, 32])`";
        errors.push_help(extra.name.span(), format!("`forward` takes at most {MOST_INPUTS} inputs"), help);
    }
    for input in forward.inputs.iter().filter(|i| !i.ty.is_tensors()) {
        let help = "give it a shape, or write a function of another name, whose inputs may have any type";
        errors.push_help(input.ty.span(), format!("input `{}` of `forward` is not a tensor", input.name), help);
    }
}

fn check_names(model: &Model, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for field in &model.fields {
        if !seen.insert(field.name.to_string()) {
            errors.push(field.name.span(), format!("there are two layers `{}`", field.name));
        }
    }
    let mut functions = HashSet::new();
    for method in &model.methods {
        let name = method.name.to_string();
        if GENERATED.contains(&name.as_str()) {
            errors.push(method.name.span(), format!("every model has a `{name}` already, choose another name"));
        } else if seen.contains(&name) {
            errors.push(
                method.name.span(),
                format!("`{name}` is a layer and a function, so `self.{name}(x)` could mean either"),
            );
        } else if !functions.insert(name) {
            errors.push(method.name.span(), format!("there are two functions `{}`", method.name));
        }
    }
}

/// Whether a size is given by a name, and not by its place.
pub fn is_misnamed(arg: &Arg) -> bool {
    let Arg::NamedDim(name, _) = arg else { return false };
    let name = name.to_string();
    POSITIONAL.contains(&name.as_str()) || name.starts_with("kern")
}

/// `Vec(Linear(64 -> 64))` and `Option(..)`: what a model is made of is known when it is compiled.
fn check_container(path: &syn::Path, args: &[Arg], errors: &mut Errors) {
    let Some(name) = path.get_ident().filter(|name| *name == "Vec" || *name == "Option") else { return };
    let layer = args.first().map_or("Linear(64 -> 64)".to_string(), ToString::to_string);
    let help = match name.to_string().as_str() {
        "Vec" => format!("an array of layers has its length in its type: `[{layer}; 4]`"),
        _ => format!("a layer is always there: write `{layer}`, and call it in an `if`, or write two models"),
    };
    errors.push_help(name.span(), format!("a `{name}` cannot be a field of a model"), help);
}

fn check_layer(layer: &Layer, errors: &mut Errors) {
    let (path, args) = match layer {
        Layer::Array { item, .. } => return check_layer(item, errors),
        Layer::One { path, args, .. } => (path, args),
    };
    check_container(path, args, errors);
    let mut values = args.iter().filter_map(|a| if let Arg::Value(v) = a { Some(v) } else { None });
    if let Some(second) = values.nth(1) {
        let help = "give the others by name: `Layer(.., name = value)`";
        errors.push_help(syn::spanned::Spanned::span(second), "a layer takes one value without a name", help);
    }
    for arg in args {
        if let (Arg::NamedDim(name, dim), true) = (arg, is_misnamed(arg)) {
            let help =
                format!("write `{dim}` without `{name} =`: `Linear(64 -> 10)`, `Conv2d(3 -> 16, 5, stride = 2)`");
            errors.push_help(name.span(), format!("`{name}` is no option: the sizes of a layer stand in order"), help);
        }
        if let Arg::Layer(inner) = arg {
            let (value, named) = inner.values();
            if value.is_some() || !named.is_empty() {
                let help = "make it a field of its own, or put both into a model";
                errors.push_help(inner.span(), "a layer inside another has types as arguments, no values", help);
            }
            check_layer(inner, errors);
        }
    }
}
