//! `expand`: what the macros of a Rust file become, or every form of one kernel.
//!
//! The work is an example of the macros' language, so that the workbench builds without it.

use crate::workspace::{call, program};
use crate::{Failure, Result};

pub fn run(arguments: &[String]) -> Result {
    let (path, rest) = match arguments {
        [path] => (path, &[][..]),
        [path, option, _] if option == "--kernel" => (path, &arguments[1..]),
        _ => return Err(Failure::Usage),
    };
    if path.starts_with('-') {
        return Err(Failure::Usage);
    }
    // Cargo runs in the root; the file is named from where the user stands.
    let file = std::path::absolute(path).map_err(|e| format!("{path}: {e}"))?;
    let mut command = program("cargo", &["run", "--quiet", "--package", "formwork-lang", "--example", "expand", "--"]);
    command.arg(file).args(rest);
    call(command)
}
