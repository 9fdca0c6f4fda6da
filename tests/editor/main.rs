//! What an editor shows inside the macros: rust-analyzer opens a project with a fixture, and each row of a table asks
//! it one question at a place that the fixture marks. Counted as skipped where rust-analyzer or the source of the
//! standard library is missing (`rustup component add rust-analyzer rust-src`).

mod marks;
mod project;
mod server;

use project::Editor;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What is asked at a mark, and what the answer has to be.
enum Query {
    /// The text shown holds each of these.
    Hover(&'static [&'static str]),
    /// The only definition is the place with this mark.
    Definition(&'static str),
    /// The only definition is the line with this text in the library's file.
    Source(&'static str, &'static str),
    /// Renaming changes the places with these marks, and no others.
    Rename(&'static [&'static str]),
    /// With this text instead of the marked, these are among what can be written behind it.
    Completion(&'static str, &'static [&'static str]),
}
use Query::*;

/// Questions about `model.rs`.
const MODEL: &[(&str, Query)] = &[
    ("fc1", Hover(&["fc1: Linear<", "64", "32"])),
    ("fc1.call", Hover(&["fc1: Linear<"])),
    ("fc1.again", Hover(&["fc1: Linear<"])),
    ("inner.call", Hover(&["inner: Block"])),
    ("blocks.index", Hover(&["blocks: [Block; 2]"])),
    ("blocks.loop", Hover(&["blocks: [Block; 2]"])),
    ("block.call", Hover(&["block: &Block"])),
    ("first.call", Hover(&["first: &Block"])),
    ("x", Hover(&["x: Tensor<"])),
    ("Block.x.call", Hover(&["x: Tensor<"])),
    ("Block.x.sum", Hover(&["x: Tensor<"])),
    ("Block.h", Hover(&["h: Tensor<"])),
    ("h", Hover(&["h: Tensor<"])),
    ("h.block", Hover(&["h: Tensor<"])),
    ("h.first", Hover(&["h: Tensor<"])),
    ("relu", Hover(&["fn relu"])),
    ("Linear", Hover(&["struct Linear", "PyTorch"])),
    ("D.number", Hover(&["const D: usize"])),
    ("features.call", Hover(&["fn features", "What the last layer sees"])),
    ("Classifier", Hover(&["struct Classifier", "A classifier"])),
    ("fc1.call", Definition("fc1")),
    ("fc1.again", Definition("fc1")),
    ("norm.call", Definition("norm")),
    ("inner.call", Definition("inner")),
    ("blocks.index", Definition("blocks")),
    ("blocks.loop", Definition("blocks")),
    ("block.call", Definition("block")),
    ("first.call", Definition("first")),
    ("Block.x.call", Definition("Block.x")),
    ("Block.x.sum", Definition("Block.x")),
    ("h.block", Definition("h")),
    ("h.first", Definition("h")),
    ("features.call", Definition("features")),
    ("Batch.input", Definition("Batch")),
    ("Batch.output", Definition("Batch")),
    ("Batch.let", Definition("Batch")),
    ("D.layer", Definition("D")),
    ("fc1.outside", Definition("fc1")),
    ("Linear", Source("src/nn/linear.rs", "pub struct Linear<")),
    ("bias", Source("src/nn/linear.rs", "    pub bias: bool,")),
    ("fc1", Rename(&["fc1", "fc1.call", "fc1.again", "fc1.outside"])),
    ("fc1.call", Rename(&["fc1", "fc1.call", "fc1.again", "fc1.outside"])),
    ("norm.call", Rename(&["norm", "norm.call"])),
    ("blocks", Rename(&["blocks", "blocks.loop", "blocks.first", "blocks.index"])),
    // Not `h`: in any macro, rust-analyzer renames `mut h` whole.
    ("y.sum", Rename(&["y", "y.sum"])),
    ("block", Rename(&["block", "block.call"])),
    ("first.call", Rename(&["first", "first.call"])),
    ("Block.x", Rename(&["Block.x", "Block.x.call", "Block.x.sum"])),
    ("relu", Completion("re", &["relu", "reshape"])),
    ("nameless", Completion("h.", &["relu", "gelu", "softmax"])),
    ("endless", Completion("h.", &["relu", "gelu", "softmax"])),
    ("endless", Completion("h.re", &["relu", "reshape"])),
    ("argument", Completion("z.", &["relu", "gelu", "softmax"])),
    ("layer", Completion("self.", &["fc1", "fc2", "blocks", "inner", "drop", "features"])),
    ("fc1.call", Completion("fc", &["fc1", "fc2"])),
];

/// Questions about `kernel.rs`.
const KERNEL: &[(&str, Query)] = &[
    ("sigmoid", Hover(&["fn sigmoid", "exp(-x)"])),
    ("half.call", Hover(&["fn call(x: f32) -> f32", "A half."])),
    ("swish.call", Hover(&["fn call(x: f32, beta: f32) -> f32", "x * sigmoid(beta * x)"])),
    ("swish.outside", Hover(&["fn swish", "x * sigmoid(beta * x)"])),
    ("normalise.outside", Hover(&["fn normalise", "Each row divided by its sum."])),
    ("y", Hover(&["y: f32"])),
    ("beta.use", Hover(&["beta: f32"])),
    ("LIMIT.use", Hover(&["const LIMIT: f32"])),
    ("Array", Hover(&["struct Array"])),
    ("x.use", Hover(&["Array<f32, (R, N)>"])),
    ("row", Hover(&["row: usize"])),
    ("row.use", Hover(&["row: usize"])),
    ("block_idx", Hover(&["fn block_idx"])),
    ("sum", Hover(&["sum: f32"])),
    ("sum.use", Hover(&["sum: f32"])),
    ("j.use", Hover(&["j: usize"])),
    ("N.use", Hover(&["N: usize"])),
    ("block_reduce_sum", Hover(&["fn block_reduce_sum"])),
    ("total.use", Hover(&["total: f32"])),
    ("y.use", Definition("y")),
    ("swish.x.use", Definition("swish.x")),
    ("LIMIT.use", Definition("LIMIT")),
    ("sum.use", Definition("sum")),
    ("total.use", Definition("total")),
    ("half.call", Definition("half")),
    ("swish.call", Definition("swish")),
    ("swish.outside", Definition("swish")),
];

#[test]
fn an_editor_sees_through_the_macros() {
    if let Some(missing) = missing() {
        // Past the harness's capture, where the workbench counts it.
        let _ = writeln!(std::io::stderr(), "skipped: editor: no {missing}");
        return;
    }
    let mut editor = Editor::open(&[("model", include_str!("model.rs")), ("kernel", include_str!("kernel.rs"))]);
    let mut wrong = editor.complaints("model");
    for (mark, query) in MODEL {
        wrong.extend(editor.check("model", mark, query).err().map(|e| format!("model/{mark}: {e}")));
    }
    wrong.extend(editor.complaints("kernel"));
    for (mark, query) in KERNEL {
        wrong.extend(editor.check("kernel", mark, query).err().map(|e| format!("kernel/{mark}: {e}")));
    }
    assert!(wrong.is_empty(), "{} answers are wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// What of the toolchain is not installed.
fn missing() -> Option<&'static str> {
    let version = Command::new("rust-analyzer").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        return Some("rust-analyzer");
    }
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    (!sysroot.join("lib/rustlib/src/rust/library/std").exists()).then_some("rust-src")
}
