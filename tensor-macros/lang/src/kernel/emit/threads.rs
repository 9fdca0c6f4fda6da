//! Loops over the threads of a block.

use super::known::Known;
use super::pieces::label;
use super::{Emit, own};
use proc_macro2::TokenStream;
use quote::quote;

impl Emit<'_> {
    /// A loop over the threads of a block, x fastest.
    pub(super) fn each_thread(&self, body: &TokenStream) -> TokenStream {
        let threads = self.threads_in_row();
        let row = self.each_in_row(&quote!(0..#threads), body);
        self.each_row(row)
    }

    /// The same in three parts: `inner` for the run of threads of which all of `known` holds, and `body` for those before
    /// it and after it.
    pub(super) fn each_known_thread(&self, known: &[Known], body: &TokenStream, inner: &TokenStream) -> TokenStream {
        let [run, rest] = ["__run", "__rest"].map(own);
        let (block, thread, (j, k)) = (own("__b"), own("__t"), self.row());
        let (threads, span, counts) = (self.threads_in_row(), self.at("kernel::Span"), self.write_counts());
        let narrowed = known.iter().map(Known::narrowing);
        let (edges, inner) = (self.each_in_row(&quote!(#rest), body), self.each_in_row(&quote!(#run.inner()), inner));
        self.each_row(quote! {
            let #run = {
                let #thread = #block.thread(0, #j, #k);
                #counts
                #span::new(#threads) #(#narrowed)*
            };
            for #rest in #run.edges() { #edges }
            #inner
        })
    }

    /// How many threads of a row there are, of a row at the end of a default grid fewer.
    fn threads_in_row(&self) -> TokenStream {
        let (block, elements) = (own("__b"), self.kernel.elements());
        let [x, ..] = self.kernel.block();
        if self.kernel.is_bounded() { quote!(#block.live(#elements)) } else { x }
    }

    /// The row's indices along y and z.
    fn row(&self) -> (TokenStream, TokenStream) {
        let axes = self.kernel.options.block.as_ref().map_or(1, Vec::len);
        let [j, k] = ["__j", "__k"].map(own);
        (if axes > 1 { quote!(#j) } else { quote!(0) }, if axes > 2 { quote!(#k) } else { quote!(0) })
    }

    fn each_in_row(&self, numbers: &TokenStream, body: &TokenStream) -> TokenStream {
        let (label, thread, block, i) = (label("'__lane"), own("__t"), own("__b"), own("__i"));
        let (j, k) = self.row();
        quote! {
            #label: for #i in #numbers {
                let #thread = #block.thread(#i, #j, #k);
                #body
            }
        }
    }

    fn each_row(&self, row: TokenStream) -> TokenStream {
        let axes = self.kernel.options.block.as_ref().map_or(1, Vec::len);
        let ([_, y, z], [j, k]) = (self.kernel.block(), ["__j", "__k"].map(own));
        match axes {
            0 | 1 => row,
            2 => quote!(for #j in 0..#y { #row }),
            _ => quote!(for #k in 0..#z { for #j in 0..#y { #row } }),
        }
    }
}
