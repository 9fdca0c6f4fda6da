//! Files that hold tensors.
//!
//! Knows names, dtypes, sizes and bytes; it knows nothing of models, tensors or devices.

mod check;
mod header;
mod replace;
pub mod safetensors;

pub use check::{Spec, check};
pub(crate) use replace::replace;
