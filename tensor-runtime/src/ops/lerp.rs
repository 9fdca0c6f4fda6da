//! lerp: a point on the line between two tensors.

use crate::dtype::Float;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::Shape;

impl<S: Shape, E: Float> Tensor<S, E> {
    /// `x + weight * (end - x)`: moving averages take such steps. `torch.lerp`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([1.0, 2.0], &Device::Cpu)?;
    /// let end = Tensor::<(U2,)>::new([3.0, 2.0], &Device::Cpu)?;
    /// assert_eq!(x.lerp(&end, 0.25).to_vec()?, [1.5, 2.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn lerp(&self, end: &Self, weight: f64) -> Self {
        let _op = named("lerp");
        let (x, end) = (self.node(), end.node());
        let way = end.binary(Intrinsic::Sub, x).binary_number(Intrinsic::Mul, weight);
        Tensor::stated(x.binary(Intrinsic::Add, &way))
    }
}
