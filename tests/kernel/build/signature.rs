//! Signatures of the kernels of a file.

use quote::ToTokens;

/// A `#[kernel]` or `#[device]` function.
pub struct Function {
    pub name: String,
    pub generics: Vec<Generic>,
    pub params: Vec<Param>,
    /// The types of the value of a function of scalars.
    pub results: Vec<String>,
    /// Whether it is a kernel of scalars, which is lifted to tensors.
    pub is_point: bool,
}

pub struct Generic {
    pub name: String,
    pub is_dim: bool,
}

pub enum Param {
    Scalar(String),
    View { given: bool, result: bool, element: String, dims: Vec<String> },
}

impl Function {
    /// Whether it runs in blocks.
    pub fn is_grid(&self) -> bool {
        self.params.iter().any(|p| matches!(p, Param::View { .. }))
    }
}

/// The functions of a file.
pub fn functions(text: &str) -> syn::Result<Vec<Function>> {
    let file = syn::parse_file(text)?;
    let marked = |f: &syn::ItemFn, name: &str| f.attrs.iter().any(|a| a.path().is_ident(name));
    let functions = file.items.iter().filter_map(|item| match item {
        syn::Item::Fn(f) if marked(f, "kernel") || marked(f, "device") => Some(function(f, marked(f, "kernel"))),
        _ => None,
    });
    functions.collect()
}

fn function(f: &syn::ItemFn, kernel: bool) -> syn::Result<Function> {
    let generics = f.sig.generics.params.iter().filter_map(|p| match p {
        syn::GenericParam::Type(t) => {
            let is_dim = shown(&t.bounds) == "Dim";
            Some(Generic { name: t.ident.to_string(), is_dim })
        }
        _ => None,
    });
    let params = f.sig.inputs.iter().map(param).collect::<syn::Result<Vec<_>>>()?;
    let results = match &f.sig.output {
        syn::ReturnType::Default => vec![],
        syn::ReturnType::Type(_, ty) => match &**ty {
            syn::Type::Tuple(t) => t.elems.iter().map(shown).collect(),
            ty => vec![shown(ty)],
        },
    };
    let name = f.sig.ident.to_string();
    let mut function = Function { name, generics: generics.collect(), params, results, is_point: false };
    function.is_point = kernel && !function.is_grid();
    Ok(function)
}

fn param(arg: &syn::FnArg) -> syn::Result<Param> {
    let wrong = |what: &str| Err(syn::Error::new_spanned(arg, what));
    let syn::FnArg::Typed(typed) = arg else { return wrong("a kernel has no `self`") };
    let syn::Type::Reference(reference) = &*typed.ty else { return Ok(Param::Scalar(shown(&typed.ty))) };
    let text = shown(&reference.elem);
    let Some((element, shape)) = text.strip_prefix("Array<").and_then(|t| t.strip_suffix('>')?.split_once(',')) else {
        return wrong("expected `&Array<E, (..)>`");
    };
    let shape = shape.trim_start_matches(['(', ' ']).trim_start_matches("s![").trim_end_matches([')', ']']);
    let dims = shape.split(',').filter(|d| !d.is_empty()).map(str::to_string).collect();
    let inout = typed.attrs.iter().any(|a| a.path().is_ident("inout"));
    let result = reference.mutability.is_some();
    Ok(Param::View { given: inout || !result, result, element: element.to_string(), dims })
}

/// Tokens without spaces.
pub fn shown(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}
