//! Layers, and the protocol that `model!` and they share.
//!
//! [`Layer`] says what a layer makes of its input, [`Init`] how it is made, [`Kind`] whose it is, [`Cx`] whether the
//! model learns. A layer is one file and one line here. Nothing in this folder knows a device, a plan or a data set.

mod layer;
mod mode;
mod module;
mod summary;

pub use layer::*;
pub use mode::{Cx, Place};
pub use module::*;
pub use summary::Summary;
