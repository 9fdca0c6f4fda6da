//! A model as the user wrote it.

use super::check::{GENERATED, is_misnamed};
use crate::dim::DimExpr;
use crate::path::{Library, first_span, unseen};
use crate::shape::{Shape, Type};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashSet;
use std::fmt;

/// `pub struct Name<H> where .. { fields }` and the functions after it.
pub struct Model {
    pub library: Library,
    pub attrs: Vec<syn::Attribute>,
    /// What `#[compute(bf16)]` names: the element type of products.
    pub compute: Option<syn::Path>,
    pub vis: syn::Visibility,
    pub struct_token: syn::Token![struct],
    pub name: Ident,
    pub generics: Generics,
    pub fields: Vec<Field>,
    pub methods: Vec<Method>,
    /// Whether a mistake was found, and bodies are left out.
    pub stub: bool,
}

/// Type parameters and what is asked of them. A parameter without bounds is a dim.
#[derive(Clone, Default)]
pub struct Generics {
    pub params: syn::Generics,
    pub wheres: Vec<Where>,
}

/// One predicate of a `where` clause.
#[derive(Clone)]
pub enum Where {
    Rust(Box<syn::WherePredicate>),
    /// `4: DimMul<H>`.
    Dim(DimExpr, TokenStream),
    /// `4 * H`: that this dim exists.
    Exists(DimExpr),
}

/// `name: Layer(args)`.
pub struct Field {
    pub attrs: Vec<syn::Attribute>,
    pub vis: syn::Visibility,
    pub name: Ident,
    pub layer: Layer,
}

/// The right side of a field.
pub enum Layer {
    One {
        path: syn::Path,
        paren: Option<syn::token::Paren>,
        args: Vec<Arg>,
    },
    /// `[Block(D); 12]`.
    Array {
        bracket: syn::token::Bracket,
        item: Box<Layer>,
        len: Box<syn::Expr>,
    },
}

/// One argument of a layer.
pub enum Arg {
    /// `64`, `4 * D`, `f64`: a type argument.
    Dim(DimExpr),
    /// `64 -> 128`: two of them.
    Arrow(DimExpr, DimExpr),
    /// `[128, D]`: a shape, and an element type if one is written.
    Shape(Box<Shape>),
    /// `Linear(64 -> 64)` inside another layer.
    Layer(Layer),
    /// `0.1`, `{expr}`: where the layer's configuration comes from.
    Value(Box<syn::Expr>),
    /// `stride = 2`: a type option.
    NamedDim(Ident, DimExpr),
    /// `bias = false`: a field of the layer's configuration.
    NamedValue(Ident, Box<syn::Expr>),
}

/// `fn forward(&self, x: [Batch, 64]) -> [Batch, 10] { .. }`.
pub struct Method {
    pub attrs: Vec<syn::Attribute>,
    pub vis: syn::Visibility,
    pub fn_token: syn::Token![fn],
    pub name: Ident,
    pub generics: Generics,
    pub self_token: syn::Token![self],
    pub inputs: Vec<Input>,
    /// The name under which the body sees the mode, if it asks for it with `cx: &Cx`.
    pub cx: Option<Ident>,
    pub output: Type,
    pub body: syn::Block,
    /// Dims written inside the body.
    pub body_dims: Vec<DimExpr>,
}

/// A parameter.
pub struct Input {
    pub mutable: Option<syn::Token![mut]>,
    pub name: Ident,
    pub ty: Type,
}

impl Model {
    /// Leaves out what may be wrong: bodies, and what has a name that is taken.
    pub fn make_stub(&mut self) {
        self.stub = true;
        let mut names = HashSet::new();
        self.fields.retain(|field| names.insert(field.name.to_string()) && !field.layer.is_misnamed());
        names.extend(GENERATED.map(String::from));
        self.methods.retain(|method| names.insert(method.name.to_string()));
        for method in &mut self.methods {
            method.body = syn::parse_quote!({ ::core::unimplemented!() });
        }
    }

    pub fn forward(&self) -> Option<&Method> {
        self.methods.iter().find(|m| m.name == "forward")
    }

    /// Marks differences and quotients that hold no type parameter: their types are total, and [`Model::checks`] checks
    /// them once instead of at every mention.
    pub fn make_total(&mut self) {
        let of_model = self.parameters();
        self.fields.iter_mut().for_each(|f| f.layer.each_dim_mut(&mut |dim| dim.make_total(&of_model)));
        for method in &mut self.methods {
            let parameters: Vec<Ident> = of_model.iter().cloned().chain(method.generics.parameters()).collect();
            let types = method.inputs.iter_mut().map(|i| &mut i.ty).chain([&mut method.output]);
            types.for_each(|ty| ty.each_dim_mut(&mut |dim| dim.make_total(&parameters)));
        }
    }

    /// Calls `f` with each dim outside of bodies.
    pub fn each_dim(&self, f: &mut dyn FnMut(&DimExpr)) {
        self.fields.iter().for_each(|field| field.layer.each_dim(f));
        for method in &self.methods {
            method.inputs.iter().for_each(|i| i.ty.each_dim(f));
            method.output.each_dim(f);
        }
    }

    /// The type parameters of the model.
    pub fn parameters(&self) -> Vec<Ident> {
        self.generics.parameters()
    }
}

impl Generics {
    pub fn parameters(&self) -> Vec<Ident> {
        self.params.type_params().map(|p| p.ident.clone()).collect()
    }
}

/// `STD` of `{ STD }`: braces that only tell a value from a dim would be called unnecessary where they end up.
fn unbraced(value: &syn::Expr) -> &syn::Expr {
    match value {
        syn::Expr::Block(block) if block.attrs.is_empty() && block.label.is_none() => match &block.block.stmts[..] {
            [syn::Stmt::Expr(inner, None)] => inner,
            _ => value,
        },
        _ => value,
    }
}

impl Layer {
    /// The layer as a Rust type.
    pub fn to_type(&self, library: &Library) -> TokenStream {
        self.to_type_by(library, &mut |_, _, _| {})
    }

    /// The same; calls `f` with each option that is a dim: the type before it, its name and its value.
    pub fn to_type_by(&self, library: &Library, f: &mut dyn FnMut(&TokenStream, &Ident, &TokenStream)) -> TokenStream {
        let (path, paren, args) = match self {
            Layer::Array { bracket, item, len } => {
                let item = item.to_type_by(library, f);
                let mut out = TokenStream::new();
                bracket.surround(&mut out, |out| out.extend(quote!(#item; #len)));
                return out;
            }
            Layer::One { path, paren, args } => (path, paren, args),
        };
        let types: Vec<TokenStream> = args.iter().flat_map(|arg| arg.to_types(library, f)).collect();
        // From the layer's name to its closing parenthesis, so that rustc underlines what the user wrote.
        let (first, last) = (first_span(&path.to_token_stream()), paren.map_or(self.span(), |p| p.span.close()));
        let (open, close) = (quote_spanned!(self.span()=> <), quote_spanned!(last=> >));
        let mut ty = if types.is_empty() { path.to_token_stream() } else { quote!(#path #open #(#types),* #close) };
        for arg in args {
            if let Arg::NamedDim(name, dim) = arg {
                let (with, dim) = (unseen(library.at(name.span(), "nn::With")), dim.to_type(library));
                f(&ty, name, &dim);
                let (as_, out) = (quote_spanned!(name.span()=> as), quote_spanned!(last=> ::Out));
                let (open, close) = (quote_spanned!(first=> <), quote_spanned!(last=> >));
                ty = quote!(#open #ty #as_ #with #open #name, #dim #close #close #out);
            }
        }
        ty
    }

    /// Calls `f` with each dim that stands in it.
    pub fn each_dim(&self, f: &mut dyn FnMut(&DimExpr)) {
        match self {
            Layer::Array { item, .. } => item.each_dim(f),
            Layer::One { args, .. } => args.iter().for_each(|arg| match arg {
                Arg::Dim(d) | Arg::NamedDim(_, d) => f(d),
                Arg::Arrow(a, b) => [a, b].into_iter().for_each(&mut *f),
                Arg::Shape(shape) => shape.dims.iter().for_each(&mut *f),
                Arg::Layer(layer) => layer.each_dim(f),
                Arg::Value(_) | Arg::NamedValue(..) => {}
            }),
        }
    }

    /// [`Layer::each_dim`], to change them.
    pub fn each_dim_mut(&mut self, f: &mut dyn FnMut(&mut DimExpr)) {
        match self {
            Layer::Array { item, .. } => item.each_dim_mut(f),
            Layer::One { args, .. } => args.iter_mut().for_each(|arg| match arg {
                Arg::Dim(d) | Arg::NamedDim(_, d) => f(d),
                Arg::Arrow(a, b) => [a, b].into_iter().for_each(&mut *f),
                Arg::Shape(shape) => shape.dims.iter_mut().for_each(&mut *f),
                Arg::Layer(layer) => layer.each_dim_mut(f),
                Arg::Value(_) | Arg::NamedValue(..) => {}
            }),
        }
    }

    /// The values among the arguments: the positional one and the named ones, of the innermost layer for an array.
    pub fn values(&self) -> (Option<&syn::Expr>, Vec<(&Ident, &syn::Expr)>) {
        match self {
            Layer::Array { item, .. } => item.values(),
            Layer::One { args, .. } => (
                args.iter().find_map(|a| if let Arg::Value(v) = a { Some(unbraced(v)) } else { None }),
                args.iter()
                    .filter_map(|a| if let Arg::NamedValue(n, v) = a { Some((n, unbraced(v))) } else { None })
                    .collect(),
            ),
        }
    }

    /// Whether a size of it has a name: its type then lacks one.
    fn is_misnamed(&self) -> bool {
        match self {
            Layer::Array { item, .. } => item.is_misnamed(),
            Layer::One { args, .. } => {
                args.iter().any(|arg| is_misnamed(arg) || matches!(arg, Arg::Layer(inner) if inner.is_misnamed()))
            }
        }
    }

    /// Where the layer's name stands.
    pub fn span(&self) -> Span {
        match self {
            Layer::Array { item, .. } => item.span(),
            Layer::One { path, .. } => path.segments.last().map_or_else(Span::call_site, |s| s.ident.span()),
        }
    }
}

impl Arg {
    fn to_types(&self, library: &Library, f: &mut dyn FnMut(&TokenStream, &Ident, &TokenStream)) -> Vec<TokenStream> {
        match self {
            Arg::Dim(dim) => vec![dim.to_type(library)],
            Arg::Arrow(a, b) => vec![a.to_type(library), b.to_type(library)],
            Arg::Shape(shape) => {
                let element = shape.element.as_ref().map(ToTokens::to_token_stream);
                [shape.to_tuple(library)].into_iter().chain(element).collect()
            }
            Arg::Layer(layer) => vec![layer.to_type_by(library, f)],
            Arg::Value(_) | Arg::NamedDim(..) | Arg::NamedValue(..) => vec![],
        }
    }
}

fn source(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    text.replace(" :: ", "::").replace("- ", "-")
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layer::Array { item, len, .. } => write!(f, "[{item}; {}]", source(len)),
            Layer::One { path, args, .. } if args.is_empty() => f.write_str(&source(path)),
            Layer::One { path, args, .. } => {
                write!(f, "{}(", source(path))?;
                for (i, arg) in args.iter().enumerate() {
                    write!(f, "{}{arg}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Dim(dim) => dim.fmt(f),
            Arg::Arrow(a, b) => write!(f, "{a} -> {b}"),
            Arg::Shape(shape) => shape.fmt(f),
            Arg::Layer(layer) => layer.fmt(f),
            Arg::Value(value) => f.write_str(&source(value)),
            Arg::NamedDim(name, dim) => write!(f, "{name} = {dim}"),
            Arg::NamedValue(name, value) => write!(f, "{name} = {}", source(value)),
        }
    }
}
