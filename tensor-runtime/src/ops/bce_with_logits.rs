//! bce_with_logits: the cross-entropy of yes or no, from logits.

use super::loss::{Target, loss};

use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{Broadcast, Shape};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The mean of `-y ln(sigmoid(x)) - (1 - y) ln(1 - sigmoid(x))` for targets `y` from 0 to 1.
    /// `torch.nn.functional.binary_cross_entropy_with_logits`; shapes are equal, nothing broadcasts.
    ///
    /// No exponential overflows and nothing cancels: it is `y softplus(-x) + (1 - y) softplus(x)`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([0.0, 200.0], &Device::Cpu)?;
    /// let y = Tensor::<(U2,)>::new([1.0, 0.0], &Device::Cpu)?;
    /// assert_eq!(x.bce_with_logits_none(&y).to_vec()?, [2f32.ln(), 200.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn bce_with_logits(&self, target: impl Target<S, E>) -> Tensor<(), E> {
        let _op = named("bce_with_logits");
        self.bce_with_logits_none(target).mean()
    }
}

loss! {
    bce_with_logits bce_with_logits_sum bce_with_logits_none () |x, y| bce(x, y, None)
}

impl<S: Shape, E: Float> Tensor<S, E> {
    /// [`Tensor::bce_with_logits`] with the part of the ones, `-y ln(sigmoid(x))`, times `pos_weight`, which broadcasts:
    /// a weight a class.
    #[track_caller]
    pub fn bce_with_logits_weighted<W: Shape>(
        &self,
        target: impl Target<S, E>,
        pos_weight: &Tensor<W, E>,
    ) -> Tensor<(), E>
    where
        S: Broadcast<W, Out = S>,
    {
        let _op = named("bce_with_logits");
        let (x, y) = (self.node(), target.as_tensor().node());
        if x.dims() != y.dims() {
            return Tensor::<S, E>::of(x.dims_differ(y)).mean();
        }
        Tensor::<S, E>::stated(bce(x, y, Some(pos_weight.node()))).mean()
    }
}

fn bce(x: &Node, y: &Node, pos_weight: Option<&Node>) -> Node {
    let ones = y.binary(Intrinsic::Mul, &x.unary(Intrinsic::Neg).unary(Intrinsic::Softplus));
    let ones = pos_weight.map_or_else(|| ones.clone(), |w| ones.binary(Intrinsic::Mul, w));
    let zeros = y.constant_like(1.0).binary(Intrinsic::Sub, y).binary(Intrinsic::Mul, &x.unary(Intrinsic::Softplus));
    ones.binary(Intrinsic::Add, &zeros)
}
