//! `#[derive(Module)]` for layers that users write: `Kind`, and a visit of every field.

use crate::errors::Errors;
use crate::model::emit::{free_names, write_visits, write_without_options};
use crate::path::Library;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Fields};

/// The impls of `Module` and `Kind`; fields marked `#[module(skip)]` are left out.
pub fn derive_module(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = errors.keep(syn::parse2::<DeriveInput>(input)) else { return errors.to_tokens() };
    let Settings { library, options } = parse_settings(&input, &mut errors);
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(_) | Data::Union(_) => {
            errors.push(input.ident.span(), "`Module` is derived for structs");
            return errors.to_tokens();
        }
    };
    let visited = visited_fields(&input, fields, &mut errors);
    let (name, (declared, applied, clause)) = (&input.ident, input.generics.split_for_impl());
    let visit = |method: &str, mutable: bool| -> TokenStream {
        let lines = visited.iter().map(|field| {
            let span = field.span();
            let (label, method) = (field.to_string(), library.at(span, &format!("params::Module::{method}")));
            let mutable = mutable.then(|| Ident::new("mut", span));
            quote_spanned!(span=> path.push(#label); #method(&#mutable self.#field, path, f); path.pop();)
        });
        lines.collect()
    };
    let (body, module) = write_visits(&library, name.span(), &visit("visit", false), &visit("visit_mut", true));
    let (kind, custom) = (library.at(name.span(), "nn::Kind"), library.at(name.span(), "nn::Custom"));
    let without_options = (!options).then(|| {
        let [option, value] = free_names();
        let mut extended = input.generics.clone();
        extended.params.extend::<[syn::GenericParam; 2]>([syn::parse_quote!(#option), syn::parse_quote!(#value)]);
        let (declared, ..) = extended.split_for_impl();
        write_without_options(&library, name, &quote!(#declared), &quote!(#applied), &quote!(#clause))
    });
    let errors = errors.to_tokens();
    quote_spanned! {name.span()=>
        #errors
        #without_options
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #declared #module for #name #applied #clause { #body }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #declared #kind for #name #applied #clause { type Kind = #custom; }
    }
}

/// The fields that are not skipped, by name.
fn visited_fields(input: &DeriveInput, fields: &Fields, errors: &mut Errors) -> Vec<Ident> {
    let mut visited: Vec<Ident> = vec![];
    if let Fields::Unnamed(unnamed) = fields
        && unnamed.unnamed.iter().any(|f| !is_skipped(f, errors))
    {
        errors.push_help(
            input.ident.span(),
            "a layer's fields need names: they are the names of its parameters",
            format!("write `struct {} {{ weight: .. }}`", input.ident),
        );
    }
    for field in fields {
        if let Some(name) = &field.ident
            && !is_skipped(field, errors)
        {
            visited.push(name.clone());
        }
    }
    visited
}

/// What `#[module(..)]` on the struct says.
#[derive(Default)]
struct Settings {
    /// `crate = path`.
    library: Library,
    /// `options`: the layer has impls of `With`.
    options: bool,
}

fn parse_settings(input: &DeriveInput, errors: &mut Errors) -> Settings {
    let mut settings = Settings::default();
    for attr in input.attrs.iter().filter(|a| a.path().is_ident("module")) {
        let parsed = attr.parse_args_with(|input: syn::parse::ParseStream| {
            while !input.is_empty() {
                if input.peek(syn::Token![crate]) {
                    input.parse::<syn::Token![crate]>()?;
                    input.parse::<syn::Token![=]>()?;
                    settings.library = Library::new(input.call(syn::Path::parse_mod_style)?);
                } else {
                    let name: Ident = input.parse()?;
                    if name != "options" {
                        return Err(syn::Error::new(name.span(), "a struct takes `crate = path` and `options`"));
                    }
                    settings.options = true;
                }
                if !input.is_empty() {
                    input.parse::<syn::Token![,]>()?;
                }
            }
            Ok(())
        });
        errors.keep(parsed);
    }
    settings
}

fn is_skipped(field: &syn::Field, errors: &mut Errors) -> bool {
    let mut skipped = false;
    for attr in field.attrs.iter().filter(|a| a.path().is_ident("module")) {
        let parsed = attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("skip") {
                skipped = true;
                return Ok(());
            }
            Err(meta.error("the only option is `skip`"))
        });
        errors.keep(parsed);
    }
    skipped
}
