//! The language of formwork's macros: what `model!`, `dims!`, `dim!`, `s!` and `#[derive(Module)]` do with tokens.
//!
//! An ordinary library, so that tests, goldens and tools can call it; the proc-macro crate is a shell around it. Each
//! macro is parse, check, emit. All errors of a phase are reported at once, beside a stub with the right signatures, so
//! that a mistake is one error and no cascade. Nothing here knows a layer, an op or a shape rule: those are types in the
//! library, found under `::formwork`, or under `path` after `crate = path;`.

mod derive;
mod dim;
mod dims;
mod errors;
mod kernel;
mod model;
#[path = "../../../tensor-shapes/src/named.rs"]
#[allow(dead_code)]
mod named;
mod path;
mod shape;
mod unfinished;

pub use derive::derive_module;
pub use dims::{dim, dims, shape};
pub use kernel::{device, kernel, template};
pub use model::expand as model;
