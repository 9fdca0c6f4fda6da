//! No file of a device contains an op's name: backends know kernels.

use super::{Finding, rust};
use crate::source::{code, tokens, without_tests, words};
use crate::workspace::File;
use std::collections::HashSet;

const OPS: &str = "tensor-runtime/src/ops/";
const DEVICES: &str = "tensor-runtime/src/device/";
/// The kernel language; an op that shares the name of an intrinsic or a primitive kernel is not meant.
const LANGUAGE: &[&str] = &["tensor-ir/src/", "tensor-runtime/src/device/kernel.rs"];

/// Files that hold a family of ops, and no op of that name.
const FAMILIES: &[&str] = &["mod", "arithmetic", "backward", "compare", "reduce", "unary", "views"];
/// Ops whose names are words of a device too, and what they mean there.
const WORDS: &[(&str, &str)] = &[
    ("stack", "partial sums that wait for their equals"),
    ("gather", "a load whose place is computed"),
    ("split", "the parts of a space that threads take"),
    ("chunk", "a run of lanes"),
    ("matmul", "a contraction, in the names of cuBLASLt"),
];

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut language = HashSet::new();
    for (_, text) in rust(files).filter(|(p, _)| LANGUAGE.iter().any(|l| p.starts_with(l))) {
        language.extend(tokens(&code(text)).iter().map(|t| words(t.text)));
    }
    let ops: Vec<Vec<String>> = rust(files)
        .filter_map(|(p, _)| p.strip_prefix(OPS)?.strip_suffix(".rs"))
        .filter(|stem| !stem.contains('/') && !FAMILIES.contains(stem) && !WORDS.iter().any(|(word, _)| word == stem))
        .map(words)
        .filter(|op| !language.contains(op))
        .collect();
    let mut found = Vec::new();
    for (path, text) in rust(files).filter(|(p, _)| p.starts_with(DEVICES) && !p.contains("/tests")) {
        for token in tokens(&without_tests(&code(text))) {
            let words = words(token.text);
            if let Some(op) = ops.iter().find(|op| words.windows(op.len()).any(|w| w == op.as_slice())) {
                let message = format!("`{}` names the op `{}`", token.text, op.join("_"));
                found.push(Finding::at(path, token.line, message));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_in_a_device_is_found() {
        let file = |path: &str, text: &str| File { path: path.into(), text: Some(text.into()) };
        let files = [
            file("tensor-ir/src/lib.rs", "enum Intrinsic { Exp }"),
            file("tensor-runtime/src/ops/exp.rs", ""),
            file("tensor-runtime/src/ops/layer_norm.rs", ""),
            file("tensor-runtime/src/device/cpu/mod.rs", "fn exp() {}\n// layer_norm\nstruct LayerNormRows;"),
        ];
        assert_eq!(check(&files).iter().map(|f| f.line).collect::<Vec<_>>(), [3]);
    }
}
