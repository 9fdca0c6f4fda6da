//! as_shape: a tensor under another shape of the same sizes, compared when it is built.

use crate::dtype::Element;
use crate::error::Error;
use crate::graph::{Node, named, op_at, op_name};
use crate::tensor::{Tensor, fits};
use formwork_shapes::Shape;

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The same tensor under shape `R`, whose sizes must be these: for dims that types can't compare, such as a run-time
    /// dim that is known to be 32. Sizes that differ are an error at the first look.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U3, runtime_dim};
    /// runtime_dim!(Batch);
    /// let x = Tensor::<(Batch, U3)>::new(vec![1.0; 6], &Device::Cpu)?;
    /// assert_eq!(x.as_shape::<(U2, U3)>().sum().item()?, 6.0);
    /// assert!(x.as_shape::<(U3, U3)>().eval().is_err());
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn as_shape<R: Shape>(&self) -> Tensor<R, E> {
        let _op = named("as_shape");
        Tensor::stated(self.node().clone())
    }

    /// The tensor of a node whose shape the caller states: an error if its sizes are others.
    pub(crate) fn stated(node: Node) -> Self {
        if fits::<S>(node.dims()) {
            return Tensor::of(node);
        }
        let (expected, found) = (format!("sizes of shape {}", S::display()), format!("{:?}", node.dims()));
        let other = || Error::Shape { op: op_name(), expected, found, at: op_at() };
        Tensor::poisoned(node.error().unwrap_or_else(other))
    }
}
