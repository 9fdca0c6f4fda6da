//! l1_loss: the absolute error.

use super::loss::{Target, loss};
use crate::dtype::Float;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::Shape;

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The mean of `|x - target|`; its gradient is 0 where they are equal. `torch.nn.functional.l1_loss`; shapes are equal,
    /// nothing broadcasts.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([1.0, -4.0], &Device::Cpu)?;
    /// assert_eq!(x.l1_loss(x.zeros_like()).item()?, 2.5);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn l1_loss(&self, target: impl Target<S, E>) -> Tensor<(), E> {
        let _op = named("l1_loss");
        self.l1_loss_none(target).mean()
    }
}

loss! {
    l1_loss l1_loss_sum l1_loss_none () |x, y| x.binary(Intrinsic::Sub, y).unary(Intrinsic::Abs)
}
