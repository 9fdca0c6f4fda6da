//! Whether a file fits a model.

use super::safetensors::Entry;
use formwork_runtime::dtype::DType;
use formwork_runtime::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// A tensor that a model wants to find.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Its name, `fc1.weight`.
    pub name: String,
    /// The type of its elements.
    pub dtype: DType,
    /// Its sizes.
    pub dims: Vec<usize>,
}

/// So many differences get hints at most: each compares a name with all others.
const HINTS: usize = 100;

/// Checks that the file at `path`, which holds `found`, fits a model that wants `expected`: the same
/// names, each with the same sizes and dtype, in any order.
///
/// # Errors
/// [`Error::Checkpoint`] with every difference: what the model wants in its order, then what it has no
/// place for. Names that look like one another are pointed out.
pub fn check(expected: &[Spec], found: &[Entry], path: impl AsRef<Path>) -> Result<()> {
    let by_name: BTreeMap<&str, &Entry> = found.iter().map(|entry| (entry.name.as_str(), entry)).collect();
    let wanted: BTreeMap<&str, &Spec> = expected.iter().map(|spec| (spec.name.as_str(), spec)).collect();
    let extra: Vec<&Entry> = found.iter().filter(|entry| !wanted.contains_key(entry.name.as_str())).collect();
    let mut differences = Vec::new();
    for Spec { name, dtype, dims } in expected {
        match by_name.get(name.as_str()) {
            None => {
                let near = if differences.len() < HINTS { nearest(name, &extra) } else { None };
                let hint = near.map_or(String::new(), |near| format!("; did you mean its `{near}`?"));
                differences.push(format!("missing: `{name}`, {dtype} {dims:?}{hint}"));
            }
            Some(entry) => {
                if entry.dims != *dims {
                    differences.push(format!("shape: `{name}` is {dims:?} in the model, {:?} in the file", entry.dims));
                }
                if entry.dtype != *dtype {
                    differences.push(format!("dtype: `{name}` is {dtype} in the model, {} in the file", entry.dtype));
                }
            }
        }
    }
    differences.extend(
        extra
            .iter()
            .map(|Entry { name, dtype, dims, .. }| format!("extra: `{name}`, {dtype} {dims:?}, is not in the model")),
    );
    match differences.is_empty() {
        true => Ok(()),
        false => Err(Error::Checkpoint { path: path.as_ref().into(), differences }),
    }
}

/// The one of `candidates` whose name is the most like `name`, if one is like it at all: at most a
/// third of it would have to be written anew.
fn nearest<'a>(name: &str, candidates: &[&'a Entry]) -> Option<&'a str> {
    let distances = candidates.iter().map(|entry| (strsim::levenshtein(name, &entry.name), entry.name.as_str()));
    distances.min().filter(|&(distance, _)| 3 * distance <= name.chars().count()).map(|(_, near)| near)
}
