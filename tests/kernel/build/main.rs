//! Writes what the tests of kernels are made of: a case for each `// run:` line of `src/files` and `// finds:` line of
//! `src/bugs` (their grammar: `src/files/mod.rs`), and random kernels as Rust.

mod emit;
mod line;
mod signature;

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Random kernels that are compiled by rustc. Those of other seeds run on the interpreter and GPUs only.
const RANDOM: u64 = 40;

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    for folder in ["files", "bugs"] {
        println!("cargo::rerun-if-changed=src/{folder}");
        let text = lines(&root.join("src").join(folder), folder);
        std::fs::write(out.join(format!("{folder}.rs")), text).expect("the output folder can be written");
    }
    std::fs::write(out.join("random.rs"), random()).expect("the output folder can be written");
}

/// `pub fn lines() -> Vec<Line>` for the files of a folder, and a test for each.
fn lines(folder: &Path, module: &str) -> String {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.sort();
    let mut cases = vec![];
    let mut failed = false;
    for path in files.iter().filter(|p| p.file_stem().is_some_and(|s| s != "mod")) {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let functions = signature::functions(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for line in line::lines(&text) {
            match line.and_then(|line| emit::case(&line, &functions, &format!("crate::{module}::{stem}"))) {
                Ok(case) => cases.push(case),
                Err((line, message)) => {
                    println!("cargo::error={}:{line}: {message}", path.display());
                    failed = true;
                }
            }
        }
    }
    assert!(!failed, "lines that cannot be read");
    let mut out = String::from(
        "/// The cases, in the order of files and lines.\n#[allow(clippy::unnecessary_cast, clippy::excessive_precision, clippy::approx_constant)]\npub fn lines() -> Vec<Line> {\n    vec![\n",
    );
    cases.iter().for_each(|c| out.push_str(&c.code));
    out.push_str("    ]\n}\n\n#[cfg(test)]\nmod tests {\n");
    for (i, case) in cases.iter().enumerate() {
        let _ = writeln!(out, "#[test]\nfn {}() {{ crate::suite::assert_line(&super::lines()[{i}]); }}", case.id);
    }
    out + "}\n"
}

/// Kernels of the generator, and their table.
fn random() -> String {
    let mut out = String::new();
    let mut table = String::new();
    for seed in 0..RANDOM {
        let template = formwork_ir::kernel::random::template(seed);
        out.push_str(&formwork_ir::kernel::random::source(&template));
        let threads = match template.block.first().map(|e| &e.node) {
            Some(formwork_ir::kernel::ExprNode::Int(n, _)) => *n,
            other => panic!("a block of {other:?}"),
        };
        let name = &template.name;
        let _ = writeln!(
            table,
            "    ({seed}, &{name}::SOURCE, |g| outputs({name}(&g[0].tensor::<(U3, U{threads}), f32>(), \
             &g[1].tensor::<(U3, U{threads}), i32>(), g[2].scalar(), g[3].scalar()))),"
        );
    }
    let _ = writeln!(out, "/// Of each seed.\npub(super) const COMPILED: &[(u64, &Source, Call)] = &[\n{table}];");
    out
}
