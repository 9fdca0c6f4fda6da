//! What environment variables say, read once. A wrong one is an error of the first evaluation.

use crate::error::{Error, Result};
use formwork_ir::block::Isa;
use std::sync::OnceLock;

/// A variable: its name, what it must be, and whether a text is that.
type Variable = (&'static str, &'static str, fn(&str) -> bool);

const VARIABLES: &[Variable] = &[
    ("FORMWORK_THREADS", "a number of 1 to 1024", |text| parse_threads(text).is_some()),
    ("FORMWORK_ISA", "`portable`, `avx2` or `avx512`", |text| Isa::named(text).is_some()),
    ("FORMWORK_EAGER", "`0` or `1`", |text| parse_switch(text).is_some()),
    ("FORMWORK_CHECK", "`0` or `1`", |text| parse_switch(text).is_some()),
];

/// That every variable which is set says something.
///
/// # Errors
/// The first one that does not.
pub(crate) fn check() -> Result<()> {
    static WRONG: OnceLock<Option<Error>> = OnceLock::new();
    let found = WRONG.get_or_init(|| VARIABLES.iter().find_map(|&(name, expected, fits)| wrong(name, expected, fits)));
    found.clone().map_or(Ok(()), Err)
}

fn wrong(name: &'static str, expected: &str, fits: fn(&str) -> bool) -> Option<Error> {
    let text = variable(name)?;
    (!fits(&text)).then(|| Error::Setting { name, found: format!("`{text}`"), expected: expected.into() })
}

/// The text of a variable, if it is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|text| text.to_string_lossy().trim().to_string()).filter(|text| !text.is_empty())
}

/// `FORMWORK_THREADS`.
pub(crate) fn threads() -> Option<usize> {
    parse_threads(&variable("FORMWORK_THREADS")?)
}

/// `FORMWORK_EAGER`.
pub(crate) fn eager() -> bool {
    variable("FORMWORK_EAGER").and_then(|text| parse_switch(&text)).unwrap_or(false)
}

/// `FORMWORK_CHECK`.
pub(crate) fn check_kernels() -> bool {
    variable("FORMWORK_CHECK").and_then(|text| parse_switch(&text)).unwrap_or(false)
}

fn parse_threads(text: &str) -> Option<usize> {
    text.parse().ok().filter(|n| (1..=1024).contains(n))
}

fn parse_switch(text: &str) -> Option<bool> {
    match text {
        "0" | "false" => Some(false),
        "1" | "true" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_parsed_or_refused() {
        assert_eq!(["1", "4", "1024"].map(parse_threads), [Some(1), Some(4), Some(1024)]);
        assert_eq!(["0", "1025", "many", "-1"].map(parse_threads), [None; 4]);
        assert_eq!(["0", "1", "yes"].map(parse_switch), [Some(false), Some(true), None]);
    }
}
