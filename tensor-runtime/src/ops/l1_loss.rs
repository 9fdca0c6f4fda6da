//! l1_loss: the absolute error.

use super::loss::loss;
use formwork_ir::Intrinsic;

loss! {
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
    l1_loss l1_loss_sum l1_loss_none () |x, y| x.binary(Intrinsic::Sub, y).unary(Intrinsic::Abs)
}
