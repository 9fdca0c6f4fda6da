//! Where generated code finds the library: `::formwork`, or what `crate = path;` at the head of a macro says.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Token;
use syn::parse::ParseStream;

/// The library's crate, as a path.
#[derive(Clone)]
pub struct Library(TokenStream);

impl Default for Library {
    fn default() -> Self {
        Library(quote!(::formwork))
    }
}

impl Library {
    /// Reads `crate = some::path;`, if it is there.
    pub fn parse(input: ParseStream) -> syn::Result<Library> {
        if !(input.peek(Token![crate]) && input.peek2(Token![=])) {
            return Ok(Library::default());
        }
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        let path: syn::Path = input.call(syn::Path::parse_mod_style)?;
        input.parse::<Token![;]>()?;
        Ok(Library::new(path))
    }

    /// The library at `path`.
    pub fn new(path: syn::Path) -> Library {
        Library(path.to_token_stream())
    }

    /// `::formwork::a::b` for `"a::b"`, all of it at `span`.
    pub fn at(&self, span: Span, path: &str) -> TokenStream {
        let mut tokens = respan(self.0.clone(), span);
        for name in path.split("::") {
            let name = Ident::new(name, span);
            tokens.extend(quote::quote_spanned!(span=> ::#name));
        }
        tokens
    }

    /// The same, with `::<>` behind it. To rustc all of it is at `span`, but no name is: an editor that is asked there
    /// finds the user's name alone.
    pub fn behind(&self, span: Span, path: &str) -> TokenStream {
        let path = unseen(self.at(span, path));
        quote::quote_spanned!(span=> #path::<>)
    }

    /// The path as Rust source, to put before a name.
    pub fn source(&self) -> String {
        format!("{}::", self.0.to_string().replace(' ', ""))
    }
}

/// The same tokens, their names at the macro's call, where no editor looks for the user's. The first token stays,
/// so that rustc finds the beginning.
pub fn unseen(tokens: TokenStream) -> TokenStream {
    let hide = |(i, mut tree): (usize, TokenTree)| {
        if i > 0 && matches!(tree, TokenTree::Ident(_)) {
            tree.set_span(Span::mixed_site());
        }
        tree
    };
    tokens.into_iter().enumerate().map(hide).collect()
}

/// The same tokens at another place.
pub fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut tree| {
            if let TokenTree::Group(group) = &tree {
                tree = Group::new(group.delimiter(), respan(group.stream(), span)).into();
            }
            tree.set_span(span);
            tree
        })
        .collect()
}

/// The place of the first token, or of the macro's call.
pub fn first_span(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |tree| match tree {
        TokenTree::Group(group) => group.span_open(),
        tree => tree.span(),
    })
}

/// The place of the last token, or of the macro's call.
pub fn last_span(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().last().map_or_else(Span::call_site, |tree| match tree {
        TokenTree::Group(group) => group.span_close(),
        tree => tree.span(),
    })
}
