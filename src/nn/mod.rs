//! Layers, and the protocol that `model!` and they share.
//!
//! [`Layer`] says what a layer makes of its input, [`Init`] how it is made, [`Kind`] whose it is, [`Cx`] whether the
//! model learns. A layer is one file and one line here. Nothing in this folder knows a device, a plan or a data set.

mod activation;
mod batch_norm;
mod conv2d;
mod dropout;
mod embedding;
mod flatten;
mod layer;
mod layer_norm;
mod library;
mod linear;
mod mode;
mod module;
mod param;
mod pool;
mod summary;

pub use activation::*;
pub use batch_norm::*;
pub use conv2d::*;
pub use dropout::*;
pub use embedding::*;
pub use flatten::*;
pub use layer::{Builtin, Custom, Kind, Layer, Takes, Through, With};
pub use layer::{dilation, groups, padding, stride};
pub use layer_norm::*;
pub use linear::*;
pub use mode::Cx;
pub use module::{Init, Vars};
pub use param::*;
pub use pool::*;
pub use summary::{Row, Summary};

/// What `model!` writes calls of. Not for calling by hand.
pub mod protocol {
    pub use super::layer::*;
    pub use super::mode::{InMode, Place};
    pub use super::module::*;
}
