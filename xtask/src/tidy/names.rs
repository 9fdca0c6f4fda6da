//! Files that say what they hold: no drawers in their names, and a head on every `mod.rs` and `lib.rs`.

use super::{Finding, rust};
use crate::workspace::File;

const DRAWERS: &[&str] = &["utils", "util", "helpers", "helper", "common", "base", "core", "manager", "misc"];

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in rust(files) {
        let mut parts = path.trim_end_matches(".rs").split('/');
        if let Some(drawer) = parts.find(|part| DRAWERS.contains(part)) {
            found.push(Finding::at(path, 1, format!("`{drawer}` says nothing; name what is in it")));
        }
        let opens = path.ends_with("/mod.rs") || path.ends_with("src/lib.rs");
        let head = text.lines().take_while(|l| l.starts_with("//!") || l.starts_with("#![")).count();
        if opens && head == 0 {
            found.push(Finding::at(path, 1, "no `//!` head: what lives here, and what it must not know"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawers_and_bare_modules_are_found() {
        let file = |path: &str, text: &str| File { path: path.into(), text: Some(text.into()) };
        assert_eq!(check(&[file("src/utils/a.rs", ""), file("src/lib.rs", "mod a;")]).len(), 2);
        assert_eq!(check(&[file("src/utility.rs", ""), file("src/nn/mod.rs", "//! Layers.\nmod a;")]).len(), 0);
    }
}
