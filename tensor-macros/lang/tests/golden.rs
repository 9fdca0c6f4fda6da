//! What the macros write: `golden/NAME.rs` becomes `golden/NAME.expanded.rs`, pretty-printed. One file a feature of the
//! language. `BLESS=1` writes them anew.

use proc_macro2::{TokenStream, TokenTree};
use std::path::Path;

/// Each `name! { .. }` of the file, expanded; what isn't a macro call stays.
fn expand(source: &str) -> TokenStream {
    let trees: Vec<TokenTree> = source.parse::<TokenStream>().expect("the input lexes").into_iter().collect();
    let mut out = TokenStream::new();
    let mut i = 0;
    while i < trees.len() {
        if let [TokenTree::Ident(name), TokenTree::Punct(bang), TokenTree::Group(body), ..] = &trees[i..]
            && bang.as_char() == '!'
        {
            let expand = match name.to_string().as_str() {
                "model" => formwork_lang::model,
                "dims" => formwork_lang::dims,
                "dim" => formwork_lang::dim,
                "s" => formwork_lang::shape,
                other => panic!("`{other}!` is not one of formwork's macros"),
            };
            out.extend(expand(body.stream()));
            i += 3;
            continue;
        }
        match &trees[i] {
            TokenTree::Group(group) => {
                let inner = expand(&group.stream().to_string());
                out.extend([TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inner))]);
            }
            tree => out.extend([tree.clone()]),
        }
        i += 1;
    }
    out
}

/// Each `#[kernel]` and `#[device]` function, expanded.
fn expand_kernels(source: &str) -> TokenStream {
    let file: syn::File = syn::parse_str(source).expect("the input is Rust");
    let mut out = TokenStream::new();
    for item in file.items {
        let syn::Item::Fn(mut function) = item else {
            out.extend(quote::quote!(#item));
            continue;
        };
        let marked = function.attrs.iter().position(|a| a.path().is_ident("kernel") || a.path().is_ident("device"));
        let Some(attr) = marked.map(|i| function.attrs.remove(i)) else {
            out.extend(quote::quote!(#function));
            continue;
        };
        let expand = if attr.path().is_ident("kernel") { formwork_lang::kernel } else { formwork_lang::device };
        let options = match &attr.meta {
            syn::Meta::List(list) => list.tokens.clone(),
            _ => TokenStream::new(),
        };
        out.extend(expand(options, quote::quote!(#function)));
    }
    out
}

fn check(source: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(source).map_err(|e| e.to_string())?;
    let tokens = match source.file_name().and_then(|n| n.to_str()) {
        Some("derive.rs") => formwork_lang::derive_module(text.parse().map_err(|e| format!("{e}"))?),
        _ if source.parent().is_some_and(|p| p.ends_with("kernel")) => expand_kernels(&text),
        _ => expand(&text),
    };
    let file = syn::parse2(tokens.clone()).map_err(|e| format!("{}: not Rust: {e}\n{tokens}", source.display()))?;
    let found = prettyplease::unparse(&file);
    let golden = source.with_extension("expanded.rs");
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(&golden, found).map_err(|e| e.to_string());
    }
    let wanted = std::fs::read_to_string(&golden).unwrap_or_default();
    if found == wanted {
        return Ok(());
    }
    let line = found.lines().zip(wanted.lines()).take_while(|(a, b)| a == b).count();
    let at = |text: &str| text.lines().nth(line).unwrap_or("nothing").to_string();
    Err(format!(
        "{}, line {}:\n    found  {}\n    wanted {}\n    BLESS=1 accepts it",
        golden.display(),
        line + 1,
        at(&found),
        at(&wanted)
    ))
}

#[test]
fn expansions_are_as_blessed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut sources: Vec<_> =
        std::fs::read_dir(&folder).expect("the folder is there").map(|e| e.expect("an entry").path()).collect();
    sources.extend(std::fs::read_dir(folder.join("kernel")).expect("the folder is there").flatten().map(|e| e.path()));
    sources.retain(|p| p.extension().is_some_and(|e| e == "rs") && !p.to_string_lossy().ends_with(".expanded.rs"));
    sources.sort();
    assert!(sources.len() >= 12, "only {} goldens", sources.len());
    let wrong: Vec<String> = sources.iter().filter_map(|s| check(s).err()).collect();
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), sources.len(), wrong.join("\n"));
}
