//! The suites of wrong programs: every one has its message, and every message is fit to read.

use super::Finding;
use crate::workspace::File;
use std::collections::HashSet;

/// Names of the number encoding, which no user asked to see.
const ENCODING: &[&str] = &["typenum", "UInt", "UTerm", "B0", "B1"];
const LINES: usize = 25;

pub fn check(files: &[File]) -> Vec<Finding> {
    let paths: HashSet<&str> = files.iter().map(|f| f.path.as_str()).collect();
    let mut found = Vec::new();
    for file in files.iter().filter(|f| f.path.starts_with("tests/ui/")) {
        if let Some(stem) = file.path.strip_suffix(".rs")
            && !paths.contains(format!("{stem}.stderr").as_str())
        {
            found.push(Finding::at(&file.path, 1, "has no .stderr; run `cargo xtask bless`"));
        }
        let Some(stem) = file.path.strip_suffix(".stderr") else { continue };
        if !paths.contains(format!("{stem}.rs").as_str()) {
            found.push(Finding::at(&file.path, 1, "has no .rs"));
        }
        let text = file.text.as_deref().unwrap_or_default();
        let lines = text.lines().filter(|l| !l.trim().is_empty()).count();
        if lines > LINES {
            found.push(Finding::at(&file.path, LINES + 1, format!("{lines} lines, at most {LINES}")));
        }
        for (i, line) in text.lines().enumerate() {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if let Some(word) = words.find(|w| ENCODING.contains(w)) {
                found.push(Finding::at(&file.path, i + 1, format!("`{word}` must not reach a user")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfit_messages_are_found() {
        let file = |path: &str, text: &str| File { path: format!("tests/ui/{path}"), text: Some(text.into()) };
        assert_eq!(check(&[file("a/x.rs", ""), file("a/x.stderr", "error: U64 is not UInts")]).len(), 0);
        assert_eq!(check(&[file("a/x.rs", "")]).len(), 1);
        assert_eq!(check(&[file("a/x.stderr", "")]).len(), 1);
        assert_eq!(check(&[file("a/x.rs", ""), file("a/x.stderr", "error: UInt<UTerm, B1>\n")]).len(), 1);
        assert_eq!(check(&[file("a/x.rs", ""), file("a/x.stderr", &"note\n".repeat(LINES + 1))]).len(), 1);
    }
}
