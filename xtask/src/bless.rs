//! `bless`: takes today's compiler messages of `tests/ui` and today's expansions as the expected ones, and writes
//! the tables of `docs` that are made.
//!
//! Read the difference before you commit it: `git diff tests tensor-macros docs`.

use crate::workspace::{call, program};
use crate::{Failure, Result};

pub fn run(arguments: &[String]) -> Result {
    let filter = match arguments {
        [] => None,
        [filter] if !filter.starts_with('-') => Some(filter),
        _ => return Err(Failure::Usage),
    };
    let suites: &[&[&str]] = &[
        &["test", "--package", "formwork-ui-suite", "--test", "ui"],
        &["test", "--package", "formwork-lang"],
        &["test", "--package", "formwork-ir", "--test", "kernel", "--test", "reference"],
    ];
    for suite in suites {
        let mut command = program("cargo", suite);
        command.env("TRYBUILD", "overwrite").env("BLESS", "1");
        if let Some(filter) = filter.filter(|_| suite.contains(&"ui")) {
            // A test runs if any filter is in its name; the second filter is for trybuild.
            command.args(["--", "mistakes", &format!("trybuild={filter}")]);
        }
        call(command)?;
    }
    Ok(())
}
