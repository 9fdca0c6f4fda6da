//! Files of at most 600 lines and functions of at most 60, but for tables and what macros wrote.

use super::{Finding, line_of, rust};
use crate::source::{block_end, code, without_tests};
use crate::workspace::File;

const FILE: usize = 600;
const FUNCTION: usize = 60;

/// Files that are tables, and of what.
const TABLES: &[(&str, &str)] = &[("tensor-shapes/src/table.rs", "numbers and their decimal names")];

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in rust(files).filter(|(p, _)| !is_exempt(p)) {
        let lines = text.lines().count();
        if lines > FILE {
            found.push(Finding::at(path, 1, format!("{lines} lines, at most {FILE}")));
        }
        let code = without_tests(&code(text));
        for (line, length, name) in functions(&code) {
            if length > FUNCTION {
                found.push(Finding::at(path, line, format!("`fn {name}` has {length} lines, at most {FUNCTION}")));
            }
        }
    }
    found
}

fn is_exempt(path: &str) -> bool {
    TABLES.iter().any(|(table, _)| *table == path) || path.ends_with(".expanded.rs")
}

/// Functions with a body: first line, lines, name.
fn functions(code: &str) -> Vec<(usize, usize, &str)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let name: &str = code[at + 3..].split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let before = code[..at].chars().next_back().unwrap_or(' ');
        if name.is_empty() || before.is_alphanumeric() || before == '_' {
            continue;
        }
        let Some(open) = body(&code[at..]) else { continue };
        let (first, last) = (line_of(code, at), line_of(code, block_end(code, at + open) - 1));
        found.push((first, last - first + 1, name));
    }
    found
}

/// Where the body of the function that starts here opens; `None` for a declaration.
fn body(code: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (i, b) in code.bytes().enumerate() {
        match b {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b';' if depth == 0 => return None,
            b'{' if depth == 0 => return Some(i),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured() {
        let code = "trait A { fn f(x: [u8; 2]); }\nfn g() -> B\n{\n  { }\n}\nfn h<T>() {}";
        assert_eq!(functions(code), [(2, 4, "g"), (6, 1, "h")]);
    }

    #[test]
    fn long_files_and_functions_are_found() {
        let long = format!("fn f() {{\n{}}}\n", "    g();\n".repeat(FILE));
        let file = |path: &str| File { path: path.into(), text: Some(long.clone()) };
        assert_eq!(check(&[file("a.rs")]).len(), 2);
        assert_eq!(check(&[file(TABLES[0].0), file("a.md")]).len(), 0);
    }
}
