//! Grid kernels on the CPU: a function of one thread, or of one block in pieces, and the loop over blocks around it,
//! compiled for each instruction set.

use super::known::Known;
use super::pieces::{handle, label};
use super::rewrite::Rewrite;
use super::{Emit, own};
use crate::kernel::ast::ParamKind;
use formwork_ir::kernel::GenericKind;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

const AVX2: &str = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt";
const AVX512: &str = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt";

impl Emit<'_> {
    pub(super) fn write_grid(&self) -> TokenStream {
        let launch = self.write_launch();
        if self.kernel.stub {
            return launch;
        }
        let pieces = self.kernel.in_pieces() || !self.kernel.has_tail() && self.has_strided();
        let (name, configured) = (self.kernel.name(), self.attributes(&["cfg"]));
        let (thread, body, copies) = (
            if pieces { TokenStream::new() } else { self.write_thread() },
            self.write_blocks(pieces),
            self.write_copies(),
        );
        let gradient = self.write_pull();
        let check = self.write_block_check();
        quote! {
            #(#configured)*
            #[allow(dead_code)]
            impl #name { #thread #body #copies #gradient }
            #check
            #launch
        }
    }

    /// Dims as values: each generic and its name.
    pub(super) fn dims(&self) -> Vec<&Ident> {
        crate::kernel::signature::names_of(&self.kernel.generics, GenericKind::Dim)
    }

    /// `<R: Dim, N: Dim>` and its `where`.
    pub(super) fn generics(&self) -> (TokenStream, TokenStream) {
        let generics = &self.kernel.item.sig.generics;
        let params = &generics.params;
        let mut bounds = vec![];
        let parameters: Vec<Ident> = self.dims().into_iter().cloned().collect();
        for view in self.kernel.params.iter().filter_map(|p| p.view()) {
            view.dims.iter().for_each(|d| d.bounds(&self.kernel.library, &parameters, &mut bounds));
        }
        let written = generics.where_clause.iter().flat_map(|w| &w.predicates).map(ToTokens::to_token_stream);
        let mut seen = std::collections::HashSet::new();
        let all: Vec<_> = written.chain(bounds).filter(|b| seen.insert(b.to_string())).collect();
        let clause = if all.is_empty() { TokenStream::new() } else { quote!(where #(#all),*) };
        let params = if params.is_empty() { TokenStream::new() } else { quote!(<#params>) };
        (params, clause)
    }

    /// One thread: the body as it is.
    fn write_thread(&self) -> TokenStream {
        let kernel = self.kernel;
        let (docs, lints) = (self.attributes(&["doc"]), self.attributes(&["allow", "expect", "warn"]));
        let (ty, thread, dims) = (self.at("kernel::Thread"), own("__t"), self.dims());
        let (params, clause) = self.generics();
        let inputs = kernel.params.iter().map(|p| {
            let (name, ty) = (&p.name, &p.ty);
            quote!(#name: #ty)
        });
        let mut block = (*kernel.item.block).clone();
        Rewrite::new(kernel).block(&mut block);
        let tail = kernel.has_tail().then(|| {
            let elements = kernel.elements();
            match kernel.is_bounded() {
                true => quote!(#thread.inside(#elements);),
                false => quote!(if #thread.global_idx() >= #elements { return; }),
            }
        });
        let (language, stmts, function) = (self.write_language(), &block.stmts, own("thread"));
        let (known, inner) = (self.known(), own("__inner"));
        let flag = (!known.is_empty()).then(|| quote!(#inner: bool,));
        let told = flag.as_ref().map(|_| {
            let conditions = known.iter().map(Known::condition);
            quote!(if #inner { #(#thread.holds(#conditions);)* })
        });
        let body = quote!(#language #tail #told #(#stmts)*);
        let mut body = proc_macro2::Group::new(proc_macro2::Delimiter::Brace, body);
        body.set_span(block.brace_token.span.join());
        quote! {
            #(#docs)*
            #(#lints)*
            #[inline(always)]
            #[allow(non_snake_case, unused_parens, clippy::too_many_arguments, clippy::needless_range_loop)]
            fn #function #params (
                #thread: #ty, #flag #(#[allow(unused_variables)] #dims: usize,)* #(#inputs),*
            ) #clause #body
        }
    }

    /// Some blocks of a launch, one after the other.
    fn write_blocks(&self, pieces: bool) -> TokenStream {
        let kernel = self.kernel;
        let task = self.at("kernel::Task");
        let (blocks, block, (params, clause)) = (own("__k"), own("__b"), self.generics());
        let views = self.write_views();
        let inner = if pieces { self.write_block_in_pieces() } else { self.write_block_of_threads() };
        let [x, y, z] = kernel.block();
        let label = label("'__block");
        // Said again, so that the compiler knows it: an index of a block is inside the dim that the grid follows.
        let axes = [own("block_idx"), own("block_idx_y"), own("block_idx_z")];
        let known: TokenStream = axes
            .iter()
            .zip(kernel.grid())
            .map(|(axis, blocks)| quote!(if #block.first().#axis() >= #blocks { continue #label; }))
            .collect();
        let lints = if pieces {
            quote!(#[allow(unused, non_snake_case, clippy::all)])
        } else {
            quote!(#[allow(unused_variables, unused_labels, unused_parens, non_snake_case, clippy::all)])
        };
        quote! {
            #[inline(always)]
            #lints
            fn blocks #params (#blocks: &#task) #clause {
                #views
                #label: for #block in #blocks.blocks::<{ #x }, { #y }, { #z }>() { #known #inner }
            }
        }
    }

    /// Dims, views and scalars, as a launch gives them.
    fn write_views(&self) -> TokenStream {
        let (blocks, dims) = (own("__k"), self.dims());
        let values = dims.iter().enumerate().map(|(i, d)| quote!(let #d: usize = #blocks.dim::<#d>(#i);));
        let handles = self.kernel.params.iter().enumerate().map(|(i, p)| {
            let handle = handle(&p.name.to_string());
            match &p.kind {
                ParamKind::View(view) => {
                    let (element, shape) = (&view.element, &view.shape);
                    let sizes = view.dims.iter().map(crate::kernel::ast::dim_value);
                    quote!(let #handle = #blocks.array::<#element, #shape>(#i, [#(#sizes),*]);)
                }
                _ => {
                    let ty = &p.ty;
                    quote!(let #handle = #blocks.scalar::<#ty>(#i);)
                }
            }
        });
        values.chain(handles).collect()
    }

    /// A block whose threads do something together.
    fn write_block_in_pieces(&self) -> TokenStream {
        let language = self.write_language();
        let scalars = self.kernel.params.iter().filter(|p| p.view().is_none()).map(|p| {
            let (name, ty, handle) = (&p.name, &p.ty, handle(&p.name.to_string()));
            quote!(let #name: #ty = #handle;)
        });
        let body = self.write_pieces();
        quote! {
            #language
            #(#scalars)*
            #body
        }
    }

    /// A block whose threads know nothing of each other.
    fn write_block_of_threads(&self) -> TokenStream {
        let (name, thread, function) = (self.kernel.name(), own("__t"), own("thread"));
        let (turbofish, dims) = (self.turbofish(), self.dims());
        let arguments = self.kernel.params.iter().map(|p| {
            let handle = handle(&p.name.to_string());
            match p.view() {
                Some(view) if view.is_output() => quote!(&mut #handle.at(#thread)),
                Some(_) => quote!(&#handle.at(#thread)),
                None => quote!(#handle),
            }
        });
        let arguments = quote!(#(#dims,)* #(#arguments),*);
        let run = |flag: TokenStream| quote!(<#name>::#function #turbofish (#thread, #flag #arguments););
        let known = self.known();
        if known.is_empty() {
            return self.each_thread(&run(quote!()));
        }
        self.each_known_thread(&known, &run(quote!(false,)), &run(quote!(true,)))
    }

    /// The same for each instruction set.
    fn write_copies(&self) -> TokenStream {
        let (task, name, turbofish) = (self.at("kernel::Task"), self.kernel.name(), self.turbofish());
        let (params, clause) = self.generics();
        let copy = |copy: &str, features: Option<&str>| {
            let copy = Ident::new(copy, proc_macro2::Span::mixed_site());
            let features = features.map(|f| quote!(#[cfg(target_arch = "x86_64")] #[target_feature(enable = #f)]));
            let task_name = own("__k");
            quote! {
                #features
                fn #copy #params (#task_name: &#task) #clause { <#name>::blocks #turbofish (#task_name) }
            }
        };
        [copy("portable", None), copy("avx2", Some(AVX2)), copy("avx512", Some(AVX512))].into_iter().collect()
    }

    /// `block` may be made of constants, which only rustc knows.
    fn write_block_check(&self) -> TokenStream {
        let Some(axes) = &self.kernel.options.block else { return TokenStream::new() };
        if self.kernel.template.block.iter().all(|e| crate::kernel::check::literal(e).is_some()) {
            return TokenStream::new();
        }
        let span = axes.first().map_or_else(proc_macro2::Span::call_site, syn::spanned::Spanned::span);
        let [x, y, z] = self.kernel.block();
        quote_spanned! {span=>
            const _: () = ::core::assert!(
                #x * #y * #z >= 1 && #x * #y * #z <= 1024,
                "a block has 1 to 1024 threads"
            );
        }
    }
}
