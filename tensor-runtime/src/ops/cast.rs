//! Conversion between dtypes.

use crate::dtype::Element;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_shapes::Shape;

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The elements as `T`, as Rust's `as` does: floats to integers cut and saturate, to bool `x != 0`.
    /// Between floats the gradient passes.
    #[track_caller]
    pub fn cast<T: Element>(&self) -> Tensor<S, T> {
        let _op = named("cast");
        Tensor::of(self.node().cast(T::DTYPE))
    }
}
