//! The repository: its root, its files, and programs run in it.

use crate::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The repository's root.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().map_or_else(|| here.clone(), Path::to_path_buf)
}

/// A program that runs in the root. `cargo` is the one that runs this workbench.
pub fn program(name: &str, arguments: &[&str]) -> Command {
    let name = if name == "cargo" { std::env::var("CARGO").unwrap_or(name.into()) } else { name.into() };
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a program that writes to the terminal; an error if it cannot start or fails.
pub fn call(mut command: Command) -> Result {
    let status = command.status().map_err(|e| format!("cannot run {}: {e}", shown(&command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", shown(&command)).into()) }
}

/// What a program writes to standard output; its standard error goes to the terminal.
pub fn read(mut command: Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| format!("cannot run {}: {e}", shown(&command)))?;
    if !output.status.success() {
        return Err(format!("{} failed ({})", shown(&command), output.status).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command line as a user would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A tracked file: its path from the root, with `/`, and its text; `None` where it is not UTF-8.
pub struct File {
    pub path: String,
    pub text: Option<String>,
}

/// All tracked files that exist, in order of path.
pub fn files() -> Result<Vec<File>> {
    let listed = read(program("git", &["ls-files", "-z"]))?;
    let mut files = Vec::new();
    for path in listed.split('\0').filter(|p| !p.is_empty()) {
        let Ok(bytes) = std::fs::read(root().join(path)) else { continue };
        files.push(File { path: path.to_string(), text: String::from_utf8(bytes).ok() });
    }
    Ok(files)
}

/// A Python that can import `torch`: `FORMWORK_TORCH_PYTHON`, or else `python3`.
pub fn torch_python() -> Result<String> {
    let named = std::env::var("FORMWORK_TORCH_PYTHON").ok();
    let python = named.clone().unwrap_or("python3".into());
    let found = program(&python, &["-c", "import torch, numpy"]).stderr(Stdio::null()).status();
    if found.is_ok_and(|s| s.success()) {
        return Ok(python);
    }
    Err(match named {
        Some(name) => format!("FORMWORK_TORCH_PYTHON={name} cannot import torch and numpy"),
        None => {
            "no PyTorch: python3 cannot import torch and numpy; set FORMWORK_TORCH_PYTHON to a Python that can".into()
        }
    }
    .into())
}
