//! Neural networks and kernels in Rust, with shapes as types.
//!
//! ```
//! use formwork::prelude::*;
//! dims! { Batch }                       // a run-time dim: equal only to itself
//!
//! model! {
//!     /// A classifier for 8x8 images.
//!     pub struct Classifier {
//!         fc1: Linear(64 -> 32),
//!         drop: Dropout(0.1),
//!         fc2: Linear(32 -> 10),
//!     }
//!     fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
//!         let h = self.drop(self.fc1(x).relu());
//!         self.fc2(h)
//!     }
//! }
//!
//! fn main() -> Result<()> {
//!     let device = Device::best();
//!     let mut rng = Rng::seed(1);
//!     let mut model = Classifier::new(&device, &mut rng)?;
//!     let mut opt = AdamW::new(1e-3).weight_decay(0.01);
//!     for batch in DataLoader::new(digits::train()?).batch::<Batch>(64).shuffle(1).to(&device) {
//!         let batch = batch?;
//!         let loss = model.train(&mut rng).forward(batch.x).cross_entropy(batch.y);
//!         opt.step(&mut model, loss.backward())?;
//!     }
//!     let test: Tensor<(Batch, U64)> = Tensor::new(vec![0.5; 128], &device)?;
//!     println!("{}", model.eval().forward(test).softmax::<-1>());
//!     Ok(())
//! }
//! ```
//!
//! A wrong layer, a wrong shape or a wrong dtype is a compile error in decimal numbers and your own
//! names. Tensors are lazy: values are computed when you look ([`Tensor::to_vec`], [`Tensor::item`],
//! printing, saving) or when an optimizer steps, and a step is planned once.
//!
//! Start with [`model!`], [`Tensor`], [`nn`], [`optim`] and [`data`].

extern crate self as formwork;

pub mod data;
pub mod io;
pub mod metrics;
pub mod nn;
pub mod prelude;
pub mod train;
pub mod vision;

#[doc = include_str!("../docs/dims.md")]
pub use formwork_macros::dims;
#[doc = include_str!("../docs/kernels.md")]
pub use formwork_macros::kernel;
#[doc = include_str!("../docs/model.md")]
pub use formwork_macros::model;
pub use formwork_macros::{Module, device, dim, s};
#[cfg(feature = "cuda")]
pub use formwork_runtime::cuda;
pub use formwork_runtime::dtype::{self, DType, Element, Float, Num, SameElement, bf16, f16};
pub use formwork_runtime::{
    AsTensor, BatchNormed, Compute, Computing, Conv2dOptions, CrossEntropy, Labels, Operand, Pool2dOptions, Target,
    Tensors,
};
pub use formwork_runtime::{
    Data, Device, Error, Gradients, Result, Rng, Scope, Tensor, checkpoint, computing, device, eager, grad, kernel,
    optim, params, plans_made, region, region_with_gradient, variant, variants,
};
// At the root, so that messages print `U784` and `formwork::Linear`: a name that comes through the prelude is printed with
// the shortest path there is to it.
pub use formwork_shapes::*;
#[doc(no_inline)]
pub use nn::*;

formwork_runtime::bring_variants!(formwork_kernels::VARIANTS);

/// Runs `f`, which makes nodes, inside the scope `name`: names of scopes stand in errors and plans.
#[track_caller]
pub fn scope<R>(name: &str, f: impl FnOnce() -> R) -> R {
    Scope::enter(name, f)
}

/// The code of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct ReadMe;
