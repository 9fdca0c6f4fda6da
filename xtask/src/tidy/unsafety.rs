//! `unsafe` only where bytes are handled or a lock guards what many nodes hold, and each with its reason.

use super::{Finding, rust};
use crate::source::{code, tokens};
use crate::workspace::File;

/// Where `unsafe` may stand, and for what.
const ALLOWED: &[(&str, &str)] = &[
    ("tensor-ir/", "the SIMD copies of the intrinsics"),
    ("tensor-runtime/src/device/", "buffers, SIMD and launches"),
    ("tensor-runtime/src/kernel/", "views of device memory, shared memory and atomics in kernels"),
    ("tensor-runtime/src/graph/walk.rs", "inputs of nodes, which change under the lock of walks and are read by walks"),
    ("tensor-runtime/src/eval.rs", "the arena, and buffers bound to kernels"),
    ("kernels/benches/", "loops compiled for AVX2 and AVX-512"),
    ("benches/", "the thread count, set in the environment before any thread exists"),
    ("tests/", "an allocator that counts"),
    ("tensor-runtime/tests/", "an allocator that counts"),
    ("tensor-runtime/benches/", "launches without a plan"),
];
/// Lines above an `unsafe` in which its reason is looked for.
const NEAR: usize = 6;
/// The same for a reason given once, as `SAFETY, of all: ...`.
const SHARED: usize = 60;

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in rust(files) {
        let code = code(text);
        let lines: Vec<&str> = text.lines().collect();
        let allowed = ALLOWED.iter().any(|(folder, _)| path.starts_with(folder));
        let tokens = tokens(&code);
        for (i, token) in tokens.iter().enumerate().filter(|(_, t)| t.text == "unsafe") {
            let next = tokens.get(i + 1).map_or("", |t| t.text);
            let above = |n: usize| &lines[token.line.saturating_sub(1 + n)..token.line.min(lines.len())];
            let reasoned = above(NEAR).iter().any(|l| l.contains("SAFETY:"))
                || above(SHARED).iter().any(|l| l.contains("SAFETY, of"));
            if !allowed {
                found.push(Finding::at(path, token.line, "`unsafe` outside of device, arena, SIMD code and walks"));
            } else if ["{", "impl"].contains(&next) && !reasoned {
                found.push(Finding::at(path, token.line, "`unsafe` without `// SAFETY:` above it"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreasoned_and_misplaced_unsafe_is_found() {
        let file = |path: &str, text: &str| File { path: path.into(), text: Some(text.into()) };
        let reasoned = "// SAFETY: it is.\nunsafe { f() }\nunsafe fn g();";
        let device = "tensor-runtime/src/device/a.rs";
        assert_eq!(check(&[file(device, reasoned)]).len(), 0);
        assert_eq!(check(&[file(device, "unsafe { f() } // unsafe")]).len(), 1);
        assert_eq!(check(&[file("src/nn/a.rs", reasoned)]).len(), 2);
    }
}
