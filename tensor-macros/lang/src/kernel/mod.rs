//! `#[kernel]` and `#[device]`: parse, check, emit.
//!
//! The body is written out once, as its author wrote it, so that rustc types it and editors know it; and once as a
//! [`Template`](formwork_ir::kernel::Template), which says what it means to everything that is not rustc.

mod ast;
mod check;
mod emit;
mod fill;
mod language;
mod options;
mod parse;
mod signature;

use crate::errors::Errors;
use crate::path::Library;
use ast::{Kernel, ParamKind};
use formwork_ir::kernel as ir;
use ir::Kind;
use ir::uniform::Uniformity;
use parse::Parser;
use proc_macro2::TokenStream;
use signature::{dim_expr, scalar_name, shown};

/// What `#[kernel(options)] fn ..` becomes.
pub fn kernel(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options, item, "kernel")
}

/// What `#[device] fn ..` becomes.
pub fn device(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options, item, "device")
}

/// The template of a `#[kernel]` function, or of a `#[device]` one; in the place of one that has mistakes, their number.
pub fn template(options: TokenStream, item: TokenStream, is_device: bool) -> Result<ir::Template, usize> {
    let item = syn::parse2(item).map_err(|_| 1usize)?;
    let mut errors = Errors::default();
    let mut kernel = parse(options, item, is_device, &mut errors);
    if errors.is_empty() {
        check::check_kernel(&kernel, &mut errors);
    }
    kernel.fill();
    kernel.relocate();
    if errors.is_empty() { Ok(kernel.template) } else { Err(errors.len()) }
}

fn expand(options: TokenStream, item: TokenStream, what: &str) -> TokenStream {
    let item: syn::ItemFn = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => {
            let message = format!("`#[{what}]` stands before a function: {error}");
            return syn::Error::new(error.span(), message).to_compile_error();
        }
    };
    let mut errors = Errors::default();
    let mut kernel = parse(options, item, what == "device", &mut errors);
    let uniformity = if errors.is_empty() { check::check_kernel(&kernel, &mut errors) } else { Uniformity::default() };
    kernel.fill();
    kernel.relocate();
    if errors.is_empty() {
        return emit::emit_kernel(&kernel, &uniformity);
    }
    // The user's mistake is the only error: what calls the kernel still finds it.
    kernel.stub = true;
    let mut out = errors.to_tokens();
    if kernel.item.sig.receiver().is_some() {
        // It stands in an `impl`, where no type can.
        return out;
    }
    out.extend(emit::emit_kernel(&kernel, &uniformity));
    out
}

fn parse(options: TokenStream, item: syn::ItemFn, device: bool, errors: &mut Errors) -> Kernel {
    let options = options::parse_options(options, errors);
    let signature = signature::parse_signature(&item.sig, errors);
    let views = signature.params.iter().any(|p| p.view().is_some());
    let kind = match (device, views) {
        (true, _) => Kind::Device,
        (false, true) => Kind::Grid,
        (false, false) => Kind::Point,
    };
    let mut parser = Parser::new(errors, &signature.generics);
    parser.grid = kind == Kind::Grid;
    parser.results = signature.results.len();
    let params = signature.params.iter().map(|p| template_param(p, &mut parser)).collect();
    let steps = parser.body(&item.block);
    let block = block_of(&options, kind, &mut parser);
    let grid = options.grid.iter().flatten().map(|e| parser.expr(e)).collect();
    let body = parse::meaning(&steps);
    let Parser { spans, variables, callees, constants, .. } = parser;
    Kernel {
        library: options.library.clone().map(Library::new).unwrap_or_default(),
        template: ir::Template {
            name: item.sig.ident.to_string(),
            kind,
            file: file_of(item.sig.ident.span()),
            generics: signature
                .generics
                .iter()
                .map(|g| ir::Generic { name: g.name.to_string(), kind: g.kind })
                .collect(),
            params,
            results: signature
                .results
                .iter()
                .map(|t| scalar_name(t, &signature.generics).unwrap_or_default())
                .collect(),
            block,
            grid,
            body,
            callees: callees.iter().map(shown).collect(),
            constants: constants.iter().map(shown).collect(),
        },
        item,
        kind,
        options,
        generics: signature.generics,
        params: signature.params,
        results: signature.results,
        steps,
        spans,
        variables,
        callees,
        constants,
        stub: false,
    }
}

/// The source file; tokens that stand in none have none.
fn file_of(span: proc_macro2::Span) -> String {
    let file = span.file();
    if file.starts_with('<') { String::new() } else { file }
}

fn template_param(param: &ast::Param, parser: &mut Parser) -> ir::Param {
    let line = parser.node(param.name.span());
    let name = parser.declare(&param.name, false);
    let kind = match &param.kind {
        ParamKind::View(view) => ir::ParamKind::Array {
            mode: view.mode,
            element: scalar_name(&view.element, parser.generics).unwrap_or_default(),
            dims: view.dims.iter().map(|d| dim_expr(d, line)).collect(),
        },
        _ => ir::ParamKind::Scalar(scalar_name(&param.ty, parser.generics).unwrap_or_default()),
    };
    ir::Param { name, line, kind }
}

/// Threads of a block where the author doesn't say.
const DEFAULT_BLOCK: u64 = 256;

fn block_of(options: &ast::Options, kind: Kind, parser: &mut Parser) -> Vec<ir::Expr> {
    match &options.block {
        Some(axes) => axes.iter().map(|e| parser.expr(e)).collect(),
        None if kind == Kind::Grid => {
            let line = parser.node(proc_macro2::Span::call_site());
            vec![ir::Expr { line, node: ir::ExprNode::Int(DEFAULT_BLOCK, None) }]
        }
        None => vec![],
    }
}
