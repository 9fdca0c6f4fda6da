//! The run-time library: graph, gradient, plan, devices, optimizers.

pub mod device;
pub mod dtype;
pub mod error;
mod eval;
mod grad;
pub mod graph;
pub mod kernel;
mod ops;
pub mod optim;
pub mod params;
mod plan;
mod prim;
mod random;
mod settings;
mod tensor;

pub use device::Device;
#[cfg(feature = "cuda")]
pub use device::cuda;
pub use dtype::{DType, Element, Float, Num, bf16, f16};
pub use error::{Error, Result};
pub use eval::{eager, plans_made};
pub use formwork_shapes::*;
pub use graph::Scope;
pub use ops::{
    BatchNormed, Compute, Computing, Conv2dOptions, CrossEntropy, Gradients, Labels, Operand, Pool2dOptions, Scores,
    Target, Tensors, checkpoint, computing, grad, region, region_with_gradient,
};
pub use random::Rng;
pub use tensor::{AsTensor, Data, Tensor};
pub use variant::variants;

/// Variants: other ways to compute a [`region()`] than its definition, which a device is offered.
pub mod variant {
    pub use crate::device::{Call, Host, Operand, Operands, OutputOperand, Spec, for_each};
    pub use crate::kernel::variant::Kernels;
    pub use crate::prim::variant::{Subgraph, Variant, Way, bring, offer, variants};
}
