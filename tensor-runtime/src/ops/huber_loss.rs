//! huber_loss and smooth_l1_loss: squared near zero, absolute further out.

use super::loss::{Target, loss};
use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::Shape;

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The mean of `d^2 / 2` where `d = |x - target|` is below `delta`, of `delta * (d - delta / 2)` elsewhere. Huber 1964;
    /// `torch.nn.functional.huber_loss`, whose `delta` is 1 by default. Shapes are equal, nothing broadcasts.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([1.0, -4.0], &Device::Cpu)?;
    /// assert_eq!(x.huber_loss(x.zeros_like(), 2.0).item()?, (0.5 + 6.0) / 2.0);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn huber_loss(&self, target: impl Target<S, E>, delta: f64) -> Tensor<(), E> {
        let _op = named("huber_loss");
        self.huber_loss_none(target, delta).mean()
    }
}

loss! {
    huber_loss huber_loss_sum huber_loss_none (delta: f64) |x, y| huber(x, y, delta)
}

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The mean of `d^2 / (2 beta)` where `d = |x - target|` is below `beta`, of `d - beta / 2` elsewhere.
    /// `torch.nn.functional.smooth_l1_loss`, whose `beta` is 1 by default. Shapes are equal, nothing broadcasts.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([1.0, -4.0], &Device::Cpu)?;
    /// assert_eq!(x.smooth_l1_loss(x.zeros_like(), 2.0).item()?, (0.25 + 3.0) / 2.0);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn smooth_l1_loss(&self, target: impl Target<S, E>, beta: f64) -> Tensor<(), E> {
        let _op = named("smooth_l1_loss");
        self.smooth_l1_loss_none(target, beta).mean()
    }
}

loss! {
    smooth_l1_loss smooth_l1_loss_sum smooth_l1_loss_none (beta: f64) |x, y| match beta {
        0.0 => x.binary(Intrinsic::Sub, y).unary(Intrinsic::Abs),
        _ => huber(x, y, beta).binary_number(Intrinsic::Div, beta),
    }
}

/// `q^2 / 2 + delta * (d - q)` where `q = min(d, delta)`: without a branch whose gradient could be infinite.
fn huber(x: &Node, y: &Node, delta: f64) -> Node {
    let d = x.binary(Intrinsic::Sub, y).unary(Intrinsic::Abs);
    let q = d.binary_number(Intrinsic::Min, delta);
    let near = q.binary(Intrinsic::Mul, &q).binary(Intrinsic::Mul, &q.constant_like(0.5));
    near.binary(Intrinsic::Add, &d.binary(Intrinsic::Sub, &q).binary_number(Intrinsic::Mul, delta))
}
