//! A kernel as parsed: its signature, and its body twice: the tokens as written, and what they mean.

use crate::dim::DimExpr;
use crate::path::Library;
use formwork_ir::kernel::{GenericKind, Kind, Mode, Stmt, Template};
use proc_macro2::{Ident, Span, TokenStream};
use std::collections::HashMap;

/// One `#[kernel]` or `#[device]` function.
pub struct Kernel {
    pub library: Library,
    pub item: syn::ItemFn,
    pub kind: Kind,
    pub options: Options,
    pub generics: Vec<Generic>,
    pub params: Vec<Param>,
    pub results: Vec<syn::Type>,
    /// The statements of the body; what a statement means is in the template too.
    pub steps: Vec<Step>,
    /// Its lines are numbers of nodes, until they are replaced by lines.
    pub template: Template,
    /// Of each node.
    pub spans: Vec<Span>,
    /// Each variable of the template, by its name there.
    pub variables: HashMap<String, Variable>,
    pub callees: Vec<syn::Path>,
    pub constants: Vec<syn::Path>,
    /// A mistake was reported: only the signature counts.
    pub stub: bool,
}

impl Kernel {
    pub fn name(&self) -> &Ident {
        &self.item.sig.ident
    }

    pub fn span(&self, node: u32) -> Span {
        self.spans.get(node as usize).copied().unwrap_or_else(Span::call_site)
    }
}

/// What stands in the parentheses of `#[kernel(..)]`.
#[derive(Default)]
pub struct Options {
    pub library: Option<syn::Path>,
    pub block: Option<Vec<syn::Expr>>,
    pub grid: Option<Vec<syn::Expr>>,
    pub grad: Option<syn::Path>,
    pub no_grad: Option<Span>,
}

pub struct Generic {
    pub name: Ident,
    pub kind: GenericKind,
    /// Whether an element generic is a float.
    pub float: bool,
}

pub struct Param {
    pub name: Ident,
    /// `mut` before it.
    pub mutable: Option<Span>,
    pub ty: syn::Type,
    pub kind: ParamKind,
}

pub enum ParamKind {
    Scalar,
    View(Box<View>),
    /// A mistake that is reported: any argument will do.
    Unknown,
}

/// `&Array<E, S>`.
pub struct View {
    pub mode: Mode,
    pub element: syn::Type,
    pub shape: syn::Type,
    pub dims: Vec<DimExpr>,
}

/// A variable of a body.
pub struct Variable {
    pub name: Ident,
    /// An array of shared memory.
    pub shared: bool,
}

/// A statement of a list: its tokens, and what they mean.
pub struct Step {
    pub source: syn::Stmt,
    pub meaning: Vec<Stmt>,
    pub parts: Parts,
}

/// The lists inside a statement of control flow.
pub enum Parts {
    Plain,
    If { then: Vec<Step>, els: Option<Vec<Step>> },
    While(Vec<Step>),
    Loop(Vec<Step>),
    For(Vec<Step>),
    Block(Vec<Step>),
}

impl Param {
    pub fn view(&self) -> Option<&View> {
        if let ParamKind::View(view) = &self.kind { Some(view) } else { None }
    }
}

impl View {
    pub fn is_output(&self) -> bool {
        self.mode != Mode::In
    }
}

/// A dim as a value in Rust code, where dims of the signature are values.
pub fn dim_value(dim: &DimExpr) -> TokenStream {
    match dim {
        DimExpr::Type(path) if literal_dim(path).is_some() => {
            DimExpr::Number(literal_dim(path).unwrap_or_default(), Span::call_site()).to_number()
        }
        DimExpr::Binary(a, op, b, _) => {
            let (a, b, sign) =
                (dim_value(a), dim_value(b), proc_macro2::Punct::new(op.sign(), proc_macro2::Spacing::Alone));
            quote::quote!((#a #sign #b))
        }
        other => other.to_number(),
    }
}

/// The number of `U64`.
pub fn literal_dim(path: &syn::Path) -> Option<u64> {
    path.segments.last()?.ident.to_string().strip_prefix('U')?.parse().ok()
}
