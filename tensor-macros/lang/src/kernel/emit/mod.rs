//! The Rust that a kernel becomes: a type of its name that holds the source for the run time and the body for rustc, and
//! the function that users call.

mod facts;
mod grid;
mod known;
mod launch;
mod pieces;
mod plan;
mod point;
mod rewrite;
mod strided;
mod threads;

use super::ast::Kernel;
use formwork_ir::kernel::Kind;
use formwork_ir::kernel::uniform::Uniformity;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

pub fn emit_kernel(kernel: &Kernel, uniformity: &Uniformity) -> TokenStream {
    let emit = Emit { kernel, uniformity };
    let mut out = emit.write_type();
    out.extend(match kernel.kind {
        Kind::Point => emit.write_point(),
        Kind::Device => emit.write_device(),
        Kind::Grid => emit.write_grid(),
    });
    out
}

/// What all parts of the output need.
struct Emit<'a> {
    kernel: &'a Kernel,
    uniformity: &'a Uniformity,
}

/// A name that no user's name meets.
fn own(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

impl Emit<'_> {
    /// A path of the library, at the kernel's name.
    fn at(&self, path: &str) -> TokenStream {
        self.kernel.library.at(self.kernel.name().span().resolved_at(Span::mixed_site()), path)
    }

    /// The type of the kernel's name, and what the run time reads of it.
    fn write_type(&self) -> TokenStream {
        let kernel = self.kernel;
        let (name, vis) = (kernel.name(), &kernel.item.vis);
        let docs = self.attributes(&["doc", "cfg", "allow"]);
        let configured = self.attributes(&["cfg"]);
        let source = self.write_source();
        quote_spanned! {name.span()=>
            #(#docs)*
            #[allow(non_camel_case_types, dead_code)]
            #vis enum #name {}
            #(#configured)*
            #[allow(dead_code)]
            impl #name { #source }
        }
    }

    fn attributes(&self, kinds: &[&str]) -> Vec<&syn::Attribute> {
        self.kernel.item.attrs.iter().filter(|a| kinds.iter().any(|k| a.path().is_ident(k))).collect()
    }

    fn write_source(&self) -> TokenStream {
        let kernel = self.kernel;
        let [source, constant] = ["kernel::Source", "kernel::Constant"].map(|p| self.at(p));
        let name = kernel.name().to_string();
        let (template, callees, constants) = if kernel.stub {
            (String::new(), vec![], vec![])
        } else {
            let callees = kernel.callees.iter().map(|path| quote!(&<#path>::SOURCE)).collect();
            let constants = kernel
                .constants
                .iter()
                .map(|path| quote!(|| <#constant as ::core::convert::From<_>>::from(#path)))
                .collect();
            (kernel.template.print(), callees, constants)
        };
        quote! {
            #[doc(hidden)]
            pub const SOURCE: #source = #source {
                name: #name,
                template: #template,
                callees: &[#(#callees),*],
                constants: &[#(#constants),*],
            };
        }
    }

    /// `use ::formwork::kernel::language::*;`.
    fn write_language(&self) -> TokenStream {
        let language = self.at("kernel::language");
        quote!(#[allow(unused_imports)] use #language::*;)
    }

    /// The names of all generics, in order.
    fn generic_names(&self) -> Vec<&Ident> {
        self.kernel.generics.iter().map(|g| &g.name).collect()
    }

    /// `::<R, N>`, or nothing.
    fn turbofish(&self) -> TokenStream {
        let names = self.generic_names();
        if names.is_empty() { TokenStream::new() } else { quote!(::<#(#names),*>) }
    }

    /// Type parameters for arguments: `A0`, `A1`.
    fn argument_types(&self) -> Vec<Ident> {
        (0..self.kernel.params.len()).map(|i| format_ident!("A{i}", span = Span::mixed_site())).collect()
    }
}
