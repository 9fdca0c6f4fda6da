//! Prints what the macros of a Rust file become, as rustfmt prints it: `cargo xtask expand FILE`; or all forms of one
//! kernel: `cargo xtask expand FILE --kernel NAME`.

mod kernel;

use proc_macro2::{TokenStream, TokenTree};
use std::io::Write;
use std::process::{Command, ExitCode, Stdio};

/// A macro that stands for items: its name, and the function that it is.
type Macro = (&'static str, fn(TokenStream) -> TokenStream);

const MACROS: &[Macro] = &[("model", formwork_lang::model), ("dims", formwork_lang::dims)];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let printed = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [path] => expand(path),
        [path, "--kernel", name] => kernel::print(path, name),
        _ => {
            eprintln!("usage: expand FILE [--kernel NAME]");
            return ExitCode::from(2);
        }
    };
    match printed {
        Ok(text) => print!("{text}"),
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn expand(path: &str) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {path}: {e}"))?;
    let tokens: TokenStream = text.parse().map_err(|e| format!("{path} is not Rust: {e}"))?;
    let mut calls = Vec::new();
    find(tokens, &mut calls);
    if calls.is_empty() {
        let names: Vec<String> = MACROS.iter().map(|(name, _)| format!("`{name}!`")).collect();
        return Err(format!("{path} has no {}", names.join(" or ")));
    }
    let printed = calls
        .into_iter()
        .map(|((name, expand), input)| format!("// {name}!\n{}", formatted(expand(input).to_string())));
    Ok(printed.collect::<Vec<_>>().join("\n"))
}

/// Calls of the macros in order, inside modules and functions too.
fn find(tokens: TokenStream, calls: &mut Vec<(Macro, TokenStream)>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else { continue };
        match i.checked_sub(2).map(|start| &trees[start..i]) {
            Some([TokenTree::Ident(name), TokenTree::Punct(bang)]) if bang.as_char() == '!' => {
                let known = MACROS.iter().find(|(known, _)| name == known);
                calls.extend(known.map(|m| (*m, group.stream())));
            }
            _ => find(group.stream(), calls),
        }
    }
}

/// Through rustfmt; as it is where rustfmt cannot run or refuses it.
fn formatted(text: String) -> String {
    let mut command = Command::new("rustfmt");
    command.args(["--edition", "2024"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return text };
    if let Some(mut input) = child.stdin.take()
        && input.write_all(text.as_bytes()).is_err()
    {
        return text;
    }
    match child.wait_with_output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        _ => text,
    }
}
