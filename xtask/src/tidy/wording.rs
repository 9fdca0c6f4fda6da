//! Text that must not be committed: unfinished work, switched-off tests, paths of somebody's machine.

use super::{Finding, line_of};
use crate::workspace::File;

/// Written in halves, so that this file holds none of them.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("todo", "!("), "unfinished work"),
    (concat!("unimplemented", "!("), "unfinished work"),
    (concat!("FIX", "ME"), "unfinished work"),
    (concat!("XX", "X"), "unfinished work"),
    (concat!("dbg", "!("), "a look that was left in"),
    (concat!("#[ign", "ore"), "a test that does not run"),
    (concat!("allow(dead", "_code"), "code that nothing uses"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/tm", "p/"), "a path of one machine; ask std::env::temp_dir()"),
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
];

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in files {
        let Some(text) = &file.text else { continue };
        for (word, why) in FORBIDDEN {
            for (at, _) in text.match_indices(word) {
                found.push(Finding::at(&file.path, line_of(text, at), format!("`{word}`: {why}")));
            }
        }
    }
    found
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
