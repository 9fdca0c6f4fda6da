//! Random kernels through the macro: what it read is what was written.

use formwork_ir::kernel::link::{Bound, Source};
use formwork_ir::kernel::{Template, random};
use proc_macro2::{TokenStream, TokenTree};

/// The first literal of a text that begins so.
fn text(tokens: TokenStream, start: &str) -> Option<String> {
    tokens.into_iter().find_map(|tree| match tree {
        TokenTree::Group(group) => text(group.stream(), start),
        TokenTree::Literal(literal) => {
            let literal: syn::LitStr = syn::parse_str(&literal.to_string()).ok()?;
            Some(literal.value()).filter(|text| text.starts_with(start))
        }
        _ => None,
    })
}

fn typed(template: Template) -> String {
    let kernel = Source::new(template).kernel(&[Bound::Argument]);
    kernel.unwrap_or_else(|e| panic!("{e}")).to_string()
}

#[test]
fn the_macro_reads_what_a_random_kernel_says() {
    for seed in 0..100 {
        let template = random::template(seed);
        let source = random::source(&template);
        let mut item: syn::ItemFn = syn::parse_str(&source).unwrap_or_else(|e| panic!("{e}: {source}"));
        let syn::Meta::List(options) = item.attrs.remove(0).meta else { panic!("the attribute has options") };
        let out = formwork_lang::kernel(options.tokens, quote::quote!(#item));
        let errors: String = out.to_string().lines().filter(|l| l.contains("compile_error")).collect();
        assert_eq!(errors, "", "seed {seed}: {source}");
        let read = text(out, "(grid").expect("the template stands in the output");
        let read = Template::parse(&read).unwrap_or_else(|e| panic!("{e}: {read}"));
        assert_eq!(typed(read), typed(template), "seed {seed}: {source}");
    }
}
