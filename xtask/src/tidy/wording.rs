//! Text that must not be committed: unfinished work, switched-off tests, paths of somebody's machine.

use super::{Finding, line_of};
use crate::workspace::File;

/// What must not stand anywhere, and why. Written in halves, so that this file holds none of it.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("todo", "!("), "unfinished work"),
    (concat!("unimplemented", "!("), "unfinished work"),
    (concat!("FIX", "ME"), "unfinished work"),
    (concat!("dbg", "!("), "a look that was left in"),
    (concat!("#[ign", "ore"), "a test that does not run"),
    (concat!("allow(dead", "_code)]\n"), "code that nothing uses; give the reason on the line"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/tm", "p/"), "a path of one machine; ask std::env::temp_dir()"),
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
];

/// What macros emit is not what the library does: a stub after an error never runs.
const EMITTED: &[&str] = &["tensor-macros/lang/"];

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in files {
        let Some(text) = &file.text else { continue };
        let emitted = EMITTED.iter().any(|folder| file.path.starts_with(folder));
        for (word, why) in FORBIDDEN.iter().filter(|(word, _)| !(emitted && is_rust_of_stubs(word))) {
            for (at, _) in text.match_indices(word) {
                found.push(Finding::at(&file.path, line_of(text, at), format!("`{}`: {why}", word.trim_end())));
            }
        }
    }
    found
}

fn is_rust_of_stubs(word: &str) -> bool {
    word.starts_with("unimpl") || word.starts_with("allow")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_and_this_file_is_clean() {
        for (word, _) in FORBIDDEN {
            let text = format!("a\nb {word}c");
            let found = check(&[File { path: "a.rs".into(), text: Some(text) }]);
            assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [2]);
        }
        let own = File { path: file!().into(), text: Some(include_str!("wording.rs").into()) };
        assert_eq!(check(&[own]).len(), 0);
    }
}
