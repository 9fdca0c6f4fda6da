//! The errors that users see: `tests/ui/{model,kernel,shape}/NAME.rs` holds one mistake, `NAME.stderr` what rustc says of it.
//! `cargo xtask bless` writes them anew.

use std::path::{Path, PathBuf};
use std::process::Command;

const MANIFEST: &str = "CARGO_MANIFEST_DIR";

/// The repository's root, which is the library's package.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this package is two folders down").to_path_buf()
}

/// As a test of the library's package: its paths are then short and keep their lines.
#[test]
fn mistakes_have_the_blessed_errors() {
    if std::env::var_os(MANIFEST).is_some_and(|folder| Path::new(&folder) == root()) {
        return trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
    }
    let filters = std::env::args().skip(1).filter(|argument| argument.starts_with("trybuild="));
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.arg("mistakes_have_the_blessed_errors").args(filters).env(MANIFEST, root()).current_dir(root());
    let output = command.output().expect("this test starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// All files of the suites with this extension.
fn files(extension: &str) -> Vec<PathBuf> {
    let root = root().join("tests/ui");
    let entries =
        |folder: &Path| std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    let folders: Vec<PathBuf> = entries(&root);
    let mut files: Vec<PathBuf> =
        folders.iter().filter(|p| p.is_dir()).flat_map(|p| -> Vec<PathBuf> { entries(p) }).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == extension));
    files.sort();
    files
}

/// One error a mistake, short, and without the types behind dims.
#[test]
fn errors_are_single_short_and_in_decimal() {
    let hidden = ["typenum", "UInt", "UTerm", "B0", "B1"];
    let mut wrong = vec![];
    let all = files("stderr");
    assert_eq!(all.len(), files("rs").len(), "a mistake without its .stderr: run `cargo xtask bless`");
    assert!(all.len() >= 60, "only {} mistakes", all.len());
    for path in all {
        let text = std::fs::read_to_string(&path).expect("the file is text");
        let words =
            |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').map(String::from).collect::<Vec<_>>();
        let errors = text.lines().filter(|l| l.starts_with("error")).count();
        let lines = text.lines().filter(|l| !l.trim().is_empty()).count();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if errors != 1 {
            wrong.push(format!("{name}: {errors} errors"));
        }
        if lines > 25 {
            wrong.push(format!("{name}: {lines} lines"));
        }
        if let Some(word) = text.lines().flat_map(words).find(|w| hidden.contains(&w.as_str())) {
            wrong.push(format!("{name}: says `{word}`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
