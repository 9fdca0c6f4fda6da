//! norm: the Euclidean length.

use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::{Intrinsic, ReduceOp};
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// `sqrt(sum(x^2))` of all elements; its gradient is 0 at 0. `torch.linalg.vector_norm`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([3.0, 4.0], &Device::Cpu)?;
    /// assert_eq!(x.norm().item()?, 5.0);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn norm(&self) -> Tensor<(), E> {
        let _op = named("norm");
        Tensor::of(self.node().norm(0..self.node().rank()))
    }

    /// [`Tensor::norm`] along axis `I`, which is dropped.
    #[track_caller]
    pub fn norm_axis<const I: isize>(&self) -> Tensor<S::Remove, E>
    where
        S: Axis<I>,
    {
        let _op = named("norm");
        Tensor::of(self.node().norm([<S as Axis<I>>::INDEX]))
    }
}

impl Node {
    fn norm(&self, axes: impl IntoIterator<Item = usize>) -> Node {
        let squares = self.binary(Intrinsic::Mul, self).reduce(ReduceOp::Sum, axes);
        // The root of 0 is left out, since its gradient is infinite.
        let nil = squares.binary(Intrinsic::Eq, &squares.constant_like(0.0));
        let root = nil.select(&squares.constant_like(1.0), &squares).unary(Intrinsic::Sqrt);
        nil.select(&squares, &root)
    }
}
