//! The function that users call: tensors in, tensors out, lazy; and the gradient that its author attached.

use super::{Emit, own};
use crate::kernel::ast::{Param, ParamKind, View};
use formwork_ir::kernel::{GenericKind, Mode};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

impl Emit<'_> {
    fn views(&self) -> impl Iterator<Item = (usize, &Param, &View)> {
        self.kernel.params.iter().enumerate().filter_map(|(i, p)| Some((i, p, p.view()?)))
    }

    /// Results in order: each number of a parameter, and its view.
    fn outputs(&self) -> Vec<(usize, &View)> {
        self.views().filter(|(_, _, v)| v.is_output()).map(|(i, _, v)| (i, v)).collect()
    }

    fn takes_tensors(&self) -> bool {
        self.views().any(|(_, _, v)| matches!(v.mode, Mode::In | Mode::InOut))
    }

    pub(super) fn write_launch(&self) -> TokenStream {
        let kernel = self.kernel;
        let (item, name) = (&kernel.item, kernel.name());
        let (attrs, vis) = (&item.attrs, &item.vis);
        let (params, clause) = self.generics();
        let inputs = self.write_inputs();
        let tensor = self.at("Tensor");
        let results: Vec<TokenStream> = self
            .outputs()
            .iter()
            .map(|(_, view)| {
                let (shape, element) = (&view.shape, &view.element);
                quote!(#tensor<#shape, #element>)
            })
            .collect();
        let result = if let [one] = &results[..] { one.clone() } else { quote!((#(#results),*)) };
        let body = if kernel.stub { quote!(::core::unreachable!()) } else { self.write_launching() };
        let unused = kernel.stub.then(|| quote!(#[allow(unused_variables, dead_code)]));
        quote_spanned! {name.span()=>
            #(#attrs)*
            #unused
            #[track_caller]
            #[allow(unused_parens, clippy::too_many_arguments)]
            #vis fn #name #params (#inputs) -> #result #clause { #body }
        }
    }

    fn write_inputs(&self) -> TokenStream {
        let [view_trait, tensor, device] = ["kernel::View", "Tensor", "Device"].map(|p| self.at(p));
        let own_device = own("__device");
        let mut out = TokenStream::new();
        if !self.takes_tensors() {
            out.extend(quote!(#own_device: &#device,));
        }
        for param in &self.kernel.params {
            let name = &param.name;
            out.extend(match &param.kind {
                ParamKind::Scalar => {
                    let ty = &param.ty;
                    quote!(#name: #ty,)
                }
                ParamKind::View(view) => {
                    let View { mode, element, shape, .. } = &**view;
                    match mode {
                        Mode::In => quote!(#name: impl #view_trait<#element, #shape>,),
                        Mode::InOut => quote!(#name: #tensor<#shape, #element>,),
                        Mode::Out | Mode::Zeroed => TokenStream::new(),
                    }
                }
                ParamKind::Unknown => quote!(#name: impl ::core::marker::Sized,),
            });
        }
        out
    }

    fn write_launching(&self) -> TokenStream {
        let kernel = self.kernel;
        let [grid, launch, copies, dim, element] =
            ["kernel::Grid", "kernel::Launch", "kernel::Copies", "Dim", "Element"].map(|p| self.at(p));
        let (name, turbofish, kept) = (kernel.name(), self.turbofish(), own("GRID"));
        let of_kind = |kind| kernel.generics.iter().filter(move |g| g.kind == kind).map(|g| &g.name);
        let dims = of_kind(GenericKind::Dim);
        let elements: Vec<_> = of_kind(GenericKind::Element).collect();
        let elements = (!elements.is_empty()).then(|| quote!(.elements(&[#(<#elements as #element>::DTYPE),*])));
        let (start, device) = if self.takes_tensors() {
            (quote!(new), None)
        } else {
            let device = own("__device");
            (quote!(on), Some(quote!(#device,)))
        };
        let arguments = kernel.params.iter().map(|param| {
            let name = &param.name;
            match &param.kind {
                ParamKind::View(view) => {
                    let View { mode, element, shape, .. } = &**view;
                    match mode {
                        Mode::In | Mode::InOut => quote!(.array::<#element, #shape, _>(#name)),
                        Mode::Out | Mode::Zeroed => quote!(.output::<#element, #shape>()),
                    }
                }
                _ => quote!(.scalar(#name)),
            }
        });
        let gradient = match (&kernel.options.grad, kernel.options.no_grad) {
            (Some(_), _) => Some(quote!(.gradient(<#name>::pull #turbofish))),
            (None, Some(_)) => Some(quote!(.no_gradient())),
            (None, None) => None,
        };
        let (blocks, threads) = (self.write_grid_of_dims(), kernel.block());
        quote! {
            static #kept: #grid = #grid::new(&<#name>::SOURCE);
            #launch::#start(
                #device
                &#kept,
                #copies {
                    portable: <#name>::portable #turbofish,
                    #[cfg(target_arch = "x86_64")]
                    avx2: <#name>::avx2 #turbofish,
                    #[cfg(target_arch = "x86_64")]
                    avx512: <#name>::avx512 #turbofish,
                },
                &[#(<#dims as #dim>::EXPR),*],
            )
            #elements
            #(#arguments)*
            .block([#(#threads),*])
            #blocks
            #gradient
            .tensors()
        }
    }

    fn write_grid_of_dims(&self) -> TokenStream {
        let sizes = own("__d");
        let dims = self.dims();
        let values = dims
            .iter()
            .enumerate()
            .map(|(i, d)| quote!(#[allow(non_snake_case, unused_variables)] let #d: usize = #sizes[#i];));
        let mut axes = self.kernel.grid();
        axes.resize(3, quote!(1));
        quote! {
            .grid(|#sizes: &[usize]| {
                #(#values)*
                [#(#axes),*]
            })
        }
    }

    /// Asks the function of `grad = ..` for the cotangents.
    pub(super) fn write_pull(&self) -> TokenStream {
        let kernel = self.kernel;
        let Some(path) = &kernel.options.grad else { return TokenStream::new() };
        let [pull, cotangent] = ["kernel::Pull", "kernel::Cotangent"].map(|p| self.at(p));
        let (params, clause) = self.generics();
        let given = own("__p");
        let inputs = kernel.params.iter().enumerate().filter_map(|(i, p)| match &p.kind {
            ParamKind::View(view) => {
                let View { mode, element, shape, .. } = &**view;
                let read = matches!(mode, Mode::In | Mode::InOut);
                read.then(|| quote!(&#given.input::<#element, #shape>(#i)))
            }
            ParamKind::Unknown => None,
            ParamKind::Scalar => {
                let ty = &p.ty;
                Some(quote!(#given.scalar::<#ty>(#i)))
            }
        });
        let of_results = |method: &str, floats: bool| -> Vec<TokenStream> {
            let method = Ident::new(method, Span::mixed_site());
            let views =
                self.outputs().into_iter().enumerate().filter(|(_, (_, v))| !floats || kernel.is_float(&v.element));
            views
                .map(|(i, (_, view))| {
                    let (element, shape) = (&view.element, &view.shape);
                    quote!(&#given.#method::<#element, #shape>(#i))
                })
                .collect()
        };
        let (outputs, cotangents) = (of_results("output", false), of_results("cotangent", true));
        let span = crate::path::first_span(&path.to_token_stream()).resolved_at(Span::mixed_site());
        quote_spanned! {span=>
            #[allow(clippy::needless_borrow)]
            fn pull #params (#given: &#pull) -> ::std::vec::Vec<#cotangent> #clause {
                #given.give(#path(#(#inputs,)* #(#outputs,)* #(#cotangents),*))
            }
        }
    }
}
