//! Point kernels and device functions: the body as it is, and for kernels the function lifted to tensors.

use super::rewrite::Rewrite;
use super::{Emit, own};
use crate::kernel::ast::ParamKind;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

impl Emit<'_> {
    pub(super) fn write_device(&self) -> TokenStream {
        let (call, item) = (self.write_call(), &self.kernel.item);
        let (attrs, vis, sig, name) = (&item.attrs, &item.vis, &item.sig, self.kernel.name());
        let names = self.kernel.params.iter().map(|p| &p.name);
        let mut sig = sig.clone();
        for arg in &mut sig.inputs {
            if let syn::FnArg::Typed(arg) = arg
                && let syn::Pat::Ident(pat) = &mut *arg.pat
            {
                pat.mutability = None;
            }
        }
        let turbofish = self.turbofish();
        let body = if self.kernel.stub {
            quote!(::core::unreachable!())
        } else {
            quote!(<#name>::call #turbofish (#(#names),*))
        };
        let unused = self.kernel.stub.then(|| quote!(#[allow(unused_variables)]));
        quote! {
            #call
            #(#attrs)*
            #unused
            #[allow(dead_code, clippy::too_many_arguments)]
            #vis #sig { #body }
        }
    }

    pub(super) fn write_point(&self) -> TokenStream {
        let (call, lifted) = (self.write_call(), self.write_lifted());
        let gradient = self.write_gradient_check();
        quote!(#call #gradient #lifted)
    }

    /// The function on scalars.
    fn write_call(&self) -> TokenStream {
        let kernel = self.kernel;
        let (name, sig) = (kernel.name(), &kernel.item.sig);
        let (generics, clause, inputs, output) = (&sig.generics, &sig.generics.where_clause, &sig.inputs, &sig.output);
        let docs = self.attributes(&["doc"]);
        let configured = self.attributes(&["cfg"]);
        let lints = self.attributes(&["allow", "expect", "warn"]);
        let unused = kernel.stub.then(|| quote!(#[allow(unused_variables, unused_mut)]));
        let body = self.write_body();
        let call = proc_macro2::Ident::new("call", name.span());
        quote! {
            #(#configured)*
            #[allow(dead_code)]
            impl #name {
                #(#docs)*
                #(#lints)*
                #unused
                #[inline(always)]
                #[allow(clippy::too_many_arguments)]
                pub fn #call #generics (#inputs) #output #clause #body
            }
        }
    }

    fn write_body(&self) -> TokenStream {
        if self.kernel.stub {
            return quote!({ ::core::unreachable!() });
        }
        let mut block = (*self.kernel.item.block).clone();
        Rewrite::new(self.kernel).block(&mut block);
        let (language, stmts) = (self.write_language(), &block.stmts);
        let mut body = proc_macro2::Group::new(proc_macro2::Delimiter::Brace, quote!(#language #(#stmts)*));
        body.set_span(block.brace_token.span.join());
        body.to_token_stream()
    }

    fn results(&self) -> TokenStream {
        match &self.kernel.results[..] {
            [one] => quote!(#one),
            several => quote!((#(#several),*)),
        }
    }

    fn write_lifted(&self) -> TokenStream {
        let kernel = self.kernel;
        let (item, name) = (&kernel.item, kernel.name());
        let (attrs, vis) = (&item.attrs, &item.vis);
        let [arg, formed, lifted, forms, point, gradient, lift] =
            ["Arg", "Formed", "Lifted", "Forms", "Point", "Gradient", "lift"].map(|p| self.at(&format!("kernel::{p}")));
        let (types, results) = (self.argument_types(), self.results());
        let bounds = kernel.params.iter().zip(&types).map(|(param, a)| {
            let ty = &param.ty;
            if let ParamKind::Unknown = param.kind { quote!(#a) } else { quote!(#a: #arg<#ty>) }
        });
        let declared = item.sig.generics.params.iter();
        let predicates = item.sig.generics.where_clause.iter().flat_map(|w| &w.predicates);
        let names: Vec<_> = kernel.params.iter().map(|p| &p.name).collect();
        if kernel.stub && kernel.params.iter().any(|p| matches!(p.kind, ParamKind::Unknown)) {
            return quote! {
                #(#attrs)*
                #[allow(dead_code, unused_variables)]
                #vis fn #name<#(#declared,)* #(#types),*>(#(#names: #types),*) -> #results { ::core::unreachable!() }
            };
        }
        let gradient = match (&kernel.options.grad, kernel.options.no_grad) {
            (Some(path), _) if !kernel.stub => quote!(#gradient::Given(&<#path>::SOURCE)),
            (_, Some(_)) => quote!(#gradient::None),
            _ => quote!(#gradient::Derived),
        };
        let (kept, turbofish) = (own("POINT"), self.turbofish());
        let fields = quote!((#(<#types as #formed>::Form,)*));
        let body = if kernel.stub {
            quote!(::core::unreachable!())
        } else {
            quote! {
                static #kept: #point = #point::new(&<#name>::SOURCE, #gradient);
                #lift((#(#names,)*), <#name>::call #turbofish, &#kept)
            }
        };
        let unused = kernel.stub.then(|| quote!(#[allow(unused_variables)]));
        quote_spanned! {name.span()=>
            #(#attrs)*
            #unused
            #[track_caller]
            #[allow(dead_code, clippy::too_many_arguments)]
            #vis fn #name<#(#declared,)* #(#bounds),*>(#(#names: #types),*) -> #lifted<#fields, #results>
            where
                #fields: #forms<#results>,
                #(#predicates,)*
            { #body }
        }
    }

    /// The function of `grad = ..` takes the inputs and the cotangents, and gives a cotangent for each float input.
    fn write_gradient_check(&self) -> TokenStream {
        let kernel = self.kernel;
        let Some(path) = kernel.options.grad.as_ref().filter(|_| !kernel.stub) else { return TokenStream::new() };
        let span = crate::path::first_span(&path.to_token_stream());
        let inputs = kernel.params.iter().map(|p| &p.ty);
        let cotangents = kernel.results.iter().filter(|t| kernel.is_float(t));
        let floats: Vec<_> = kernel.params.iter().map(|p| &p.ty).filter(|t| kernel.is_float(t)).collect();
        let given = if let [one] = floats[..] { quote!(#one) } else { quote!((#(#floats),*)) };
        let generics = &kernel.item.sig.generics;
        let (name, clause) = (kernel.name(), &generics.where_clause);
        let turbofish = self.turbofish();
        quote_spanned! {span.resolved_at(proc_macro2::Span::mixed_site())=>
            #[allow(dead_code)]
            impl #name {
                fn gradient #generics () #clause {
                    let _: fn(#(#inputs,)* #(#cotangents),*) -> #given = <#path>::call #turbofish;
                }
            }
        }
    }
}
