//! The operations that users call: thin typed methods over composites of primitives, a file each.
//!
//! To add one: a file with the method and, if it is a composite, its function over nodes; a `mod`
//! line here; a row in the case table. Gradient, devices and fusion follow from the primitives.

mod arithmetic;
mod backward;
mod cast;
mod compare;
mod cross_entropy;
mod matmul;
mod reduce;
mod softmax;
mod unary;
mod views;

pub use backward::{Gradients, grad};
