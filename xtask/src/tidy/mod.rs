//! The rules of the house that a compiler does not check: a file each.
//!
//! A rule gets all tracked files and pushes what it finds, each at a file and line. It changes nothing.

mod crates;
mod devices;
mod floors;
mod names;
mod sizes;
mod ui;
mod unsafety;
mod wording;

use crate::workspace::{File, files};
use crate::{Failure, Result};

/// What a rule found, with its place.
pub struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn at(path: &str, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: path.into(), line, message: message.into() }
    }
}

/// A rule: what it is called, and what it finds.
type Rule = (&'static str, fn(&[File]) -> Vec<Finding>);

const RULES: &[Rule] = &[
    ("floors", floors::check),
    ("crates", crates::check),
    ("sizes", sizes::check),
    ("names", names::check),
    ("devices", devices::check),
    ("unsafety", unsafety::check),
    ("ui", ui::check),
    ("wording", wording::check),
];

pub fn run(arguments: &[String]) -> Result {
    if !arguments.is_empty() {
        return Err(Failure::Usage);
    }
    let files = files()?;
    let mut count = 0;
    for (rule, check) in RULES {
        for found in check(&files) {
            println!("{}:{}: {} [{rule}]", found.path, found.line, found.message);
            count += 1;
        }
    }
    match count {
        0 => println!("tidy: {} files, {} rules, nothing found", files.len(), RULES.len()),
        _ => return Err(format!("tidy: {count} findings").into()),
    }
    Ok(())
}

/// Tracked Rust files with their text.
fn rust(files: &[File]) -> impl Iterator<Item = (&str, &str)> {
    files.iter().filter(|f| f.path.ends_with(".rs")).filter_map(|f| Some((f.path.as_str(), f.text.as_deref()?)))
}

/// The line, from 1, of byte `at`.
fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|&&b| b == b'\n').count() + 1
}
