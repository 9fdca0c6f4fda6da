//! Bodies that are being typed: `h.` with no name yet, a statement with no `;` yet.
//!
//! An editor completes what it finds in the macro's output, so the code around the gap must still be there. The gap
//! becomes an index that is the error: it stands behind a value as a name does, rustc reports it once, and nothing that
//! follows from it.

use proc_macro2::{Delimiter, Group, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote_spanned;

/// Words that begin a statement and cannot follow a value.
const BEGIN: &[&str] = &["let", "self", "return", "match", "for", "while"];
/// Words that may stand before one of those.
const BEFORE: &[&str] = &["in", "return", "match", "while", "if", "else", "let", "mut", "move", "as", "break", "ref"];

/// The same tokens with their gaps filled; `None` if there are none.
pub fn fill(tokens: &TokenStream) -> Option<TokenStream> {
    let mut gaps = 0;
    let out = fill_in(tokens.clone(), &mut gaps);
    (gaps > 0).then_some(out)
}

fn fill_in(tokens: TokenStream, gaps: &mut usize) -> TokenStream {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out = TokenStream::new();
    for (i, tree) in trees.iter().enumerate() {
        let begins = matches!(trees.get(i + 1), Some(TokenTree::Ident(word)) if BEGIN.iter().any(|b| word == b));
        let nameless = is_dot(&trees, i) && (begins || !is_named(trees.get(i + 1)));
        match tree {
            _ if nameless => out.extend(error(tree.span(), "expected the name of a method after `.`")),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), fill_in(group.stream(), gaps));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
            }
            tree => out.extend([tree.clone()]),
        }
        let endless = begins && ends_value(&trees, i);
        if endless {
            out.extend(error(end(tree), "expected `;` after this"));
        }
        if endless || nameless && begins {
            out.extend([TokenTree::Punct(Punct::new(';', Spacing::Alone))]);
        }
        *gaps += usize::from(nameless || endless);
    }
    out
}

/// Whether this is the `.` of a method or field, not one of `..`.
fn is_dot(trees: &[TokenTree], i: usize) -> bool {
    let at = |i: usize| matches!(trees.get(i), Some(TokenTree::Punct(p)) if p.as_char() == '.');
    at(i) && !at(i + 1) && !(i > 0 && at(i - 1))
}

fn is_named(next: Option<&TokenTree>) -> bool {
    matches!(next, Some(TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Group(_)))
}

/// Whether a value may end with this token: a name, a call, an index.
fn ends_value(trees: &[TokenTree], i: usize) -> bool {
    match &trees[i] {
        TokenTree::Ident(word) => {
            let lifetime =
                matches!(i.checked_sub(1).map(|i| &trees[i]), Some(TokenTree::Punct(p)) if p.as_char() == '\'');
            !lifetime && !BEFORE.iter().any(|b| word == b)
        }
        TokenTree::Group(group) => matches!(group.delimiter(), Delimiter::Parenthesis | Delimiter::Bracket),
        TokenTree::Literal(_) => true,
        TokenTree::Punct(p) => p.as_char() == '?',
    }
}

fn end(tree: &TokenTree) -> Span {
    if let TokenTree::Group(group) = tree { group.span_close() } else { tree.span() }
}

fn error(span: Span, message: &str) -> TokenStream {
    quote_spanned!(span=> [::core::compile_error!(#message)])
}
