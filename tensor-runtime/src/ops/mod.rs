//! The operations that users call: thin typed methods over composites of primitives, a file each.
//!
//! To add one: a file with the method and, if it is a composite, its function over nodes; a `mod`
//! line here; a row in the case table. Gradient, devices and fusion follow from the primitives.

mod adaptive_avg_pool2d;
mod argsort;
mod arithmetic;
mod as_shape;
mod attention;
mod avg_pool2d;
mod backward;
mod batch_norm;
mod bce_with_logits;
mod cast;
mod checkpoint;
mod chunk;
mod compare;
mod concat;
mod conv2d;
mod cross_entropy;
mod cummax;
mod cumprod;
mod cumsum;
mod dropout;
mod embedding;
mod gather;
mod huber_loss;
mod index_select;
mod kthvalue;
mod l1_loss;
mod layer_norm;
mod lerp;
mod linear;
mod logcumsumexp;
mod loss;
mod masked_fill;
mod matmul;
mod max_pool2d;
mod median;
mod mse_loss;
mod norm;
mod one_hot;
mod reduce;
mod region;
mod rms_norm;
mod scatter_add;
mod softmax;
mod sort;
mod split;
mod stack;
mod tensors;
mod topk;
mod tril;
mod unary;
mod views;

pub use arithmetic::Operand;
pub(crate) use arithmetic::{operator, operators, tensor_operand};
pub use attention::Scores;
pub use backward::{Gradients, grad};
pub use batch_norm::BatchNormed;
pub use checkpoint::checkpoint;
pub use conv2d::Conv2dOptions;
pub use cross_entropy::{CrossEntropy, Labels};
pub use loss::Target;
pub use max_pool2d::Pool2dOptions;
pub use region::{region, region_with_gradient};
pub use tensors::Tensors;
