//! mse_loss: the squared error.

use super::loss::{Target, loss};
use crate::dtype::Float;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::Shape;

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The mean of `(x - target)^2`. `torch.nn.functional.mse_loss`; shapes are equal, nothing broadcasts.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([1.0, 4.0], &Device::Cpu)?;
    /// assert_eq!(x.mse_loss(x.zeros_like()).item()?, 8.5);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn mse_loss(&self, target: impl Target<S, E>) -> Tensor<(), E> {
        let _op = named("mse_loss");
        self.mse_loss_none(target).mean()
    }
}

loss! {
    mse_loss mse_loss_sum mse_loss_none () |x, y| {
        let d = x.binary(Intrinsic::Sub, y);
        d.binary(Intrinsic::Mul, &d)
    }
}
