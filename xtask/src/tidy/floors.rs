//! The floors of `tensor-runtime/src`: a file uses its own floor and lower ones.

use super::{Finding, rust};
use crate::source::{Path, code, paths, tokens, without_tests};
use crate::workspace::File;
use std::collections::HashMap;

const ROOT: &str = "tensor-runtime/src/";

/// Modules from the ground up. Those of one floor may use each other; the crate's `lib.rs` stands above all.
const FLOORS: &[&[&str]] = &[
    &["dtype"],
    &["error", "settings", "device"],
    &["graph", "prim"],
    &["grad"],
    &["plan"],
    &["eval"],
    &["tensor", "ops", "random"],
    &["params", "optim"],
    &["kernel"],
];

/// Uses of a higher floor that stand for a reason: who, whom, why.
const UPWARD: &[(&str, &str, &str)] = &[("graph", "eval", "a chain that grows too long is evaluated on the spot")];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

pub fn check(files: &[File]) -> Vec<Finding> {
    let sources: Vec<(&str, String)> =
        rust(files).filter_map(|(p, t)| Some((p.strip_prefix(ROOT)?, without_tests(&code(t))))).collect();
    let exports = sources.iter().find(|(p, _)| *p == "lib.rs").map(|(_, code)| exports(code)).unwrap_or_default();
    let mut found = Vec::new();
    for (path, code) in sources.iter().filter(|(p, _)| *p != "lib.rs") {
        let module = path.split('/').next().unwrap_or(path).trim_end_matches(".rs");
        let Some(own) = floor(module) else {
            let message = format!("`{module}` has no floor; give it one in xtask/src/tidy/floors.rs");
            found.push(Finding::at(&format!("{ROOT}{path}"), 1, message));
            continue;
        };
        for used in uses(code, path) {
            let Some(&first) = used.segments.first() else { continue };
            let target = exports.get(first).map_or(first, String::as_str);
            let known = UPWARD.iter().any(|(from, to, _)| *from == module && *to == target);
            if floor(target).is_some_and(|f| f > own) && !known {
                let message = format!("`{module}` uses `{target}`, which stands on a higher floor");
                found.push(Finding::at(&format!("{ROOT}{path}"), used.line, message));
            }
        }
    }
    found
}

/// Names that `lib.rs` exports, with the module that they come from.
fn exports(code: &str) -> HashMap<String, String> {
    let tokens = tokens(code);
    let mut exports = HashMap::new();
    for (i, _) in tokens.iter().enumerate().filter(|(_, t)| t.text == "use") {
        for path in paths(&tokens[i + 1..], &[]) {
            let segments: Vec<&str> =
                path.segments.iter().copied().filter(|s| !["crate", "self"].contains(s)).collect();
            if segments.len() > 1 {
                exports.insert(path.name.to_string(), segments[0].to_string());
            }
        }
    }
    exports
}

/// Paths from the crate's root that a file names, through `crate::` or `super::`.
fn uses<'a>(code: &'a str, path: &str) -> Vec<Path<'a>> {
    let parts = path.split('/').filter(|p| *p != "mod.rs").count();
    let tokens = tokens(code);
    let mut found = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let before = i.checked_sub(1).map_or("", |p| tokens[p].text);
        let starts = before != "$" && before != "::" && tokens.get(i + 1).is_some_and(|t| t.text == "::");
        if !starts {
            continue;
        }
        if token.text == "crate" {
            found.extend(paths(&tokens[i + 2..], &[]));
        } else if token.text == "super" {
            let ups = tokens[i..].chunks(2).take_while(|c| c.len() == 2 && c[0].text == "super").count();
            if ups >= parts {
                found.extend(paths(&tokens[i + 2 * ups..], &[]));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of: &[(&str, &str)]) -> Vec<File> {
        of.iter().map(|(p, t)| File { path: format!("{ROOT}{p}"), text: Some(t.to_string()) }).collect()
    }

    fn lines(of: &[(&str, &str)]) -> Vec<(String, usize)> {
        check(&files(of)).into_iter().map(|f| (f.path[ROOT.len()..].to_string(), f.line)).collect()
    }

    #[test]
    fn a_higher_floor_is_found() {
        let lib = ("lib.rs", "pub use tensor::{Tensor, Scalar as S};\nmod tensor;");
        assert_eq!(
            lines(&[lib, ("graph.rs", "use crate::{\n    dtype::X,\n    plan::Plan,\n};")]),
            [("graph.rs".into(), 3)]
        );
        assert_eq!(lines(&[lib, ("grad.rs", "fn f(x: crate::Tensor) {}")]), [("grad.rs".into(), 1)]);
        assert_eq!(
            lines(&[lib, ("device/cpu/a.rs", "use super::super::super::eval;")]),
            [("device/cpu/a.rs".into(), 1)]
        );
        assert_eq!(lines(&[lib, ("attic.rs", "")]), [("attic.rs".into(), 1)]);
    }

    #[test]
    fn lower_floors_and_tests_are_free() {
        assert_eq!(lines(&[("plan/fuse.rs", "use crate::{graph, grad::T}; // crate::optim\nuse super::place;")]), []);
        assert_eq!(lines(&[("graph.rs", "#[cfg(test)]\nmod tests { use crate::eval::look; }")]), []);
    }
}
