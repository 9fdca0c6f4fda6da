//! Files that hold tensors.
//!
//! [`safetensors`] and [`check`] know names, dtypes, sizes and bytes, and nothing of models, tensors or
//! devices; [`save`], [`load`] and their kin put models and training runs on top of them.

mod check;
mod header;
mod model;
mod persist;
mod replace;
pub mod safetensors;

pub use check::{Spec, check};
pub use model::{load, load_training, save, save_training};
pub use persist::Persist;
pub(crate) use replace::replace;
