//! layer_norm: mean 0 and variance 1 over the last axes.

use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// `(x - mean) / sqrt(var + eps) * weight + bias` over the last axis, the variance divided by the number of elements.
    /// Ba, Kiros, Hinton 2016; `torch.nn.functional.layer_norm`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([1.0, 3.0], &Device::Cpu)?;
    /// assert_eq!(x.layer_norm(None, None, 0.0).to_vec()?, [-1.0, 1.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn layer_norm(
        &self,
        weight: Option<&Tensor<(<S as Axis<-1>>::Dim,), E>>,
        bias: Option<&Tensor<(<S as Axis<-1>>::Dim,), E>>,
        eps: f64,
    ) -> Self
    where
        S: Axis<-1>,
    {
        let _op = named("layer_norm");
        let y = self.node().normalized(&[<S as Axis<-1>>::INDEX], eps);
        Tensor::stated(y.affine(weight.map(Tensor::node), bias.map(Tensor::node)))
    }

    /// `(x - mean) / sqrt(var + eps)` over all axes from `I` to the last: layer norm over several axes, of which weight and
    /// bias are further operations.
    #[track_caller]
    pub fn layer_norm_from<const I: isize>(&self, eps: f64) -> Self
    where
        S: Axis<I>,
    {
        let _op = named("layer_norm");
        let axes: Vec<usize> = (<S as Axis<I>>::INDEX..self.node().rank()).collect();
        Tensor::of(self.node().normalized(&axes, eps))
    }
}

impl Node {
    /// `(x - mean) / sqrt(var + eps)` over `axes`.
    pub(super) fn normalized(&self, axes: &[usize], eps: f64) -> Node {
        let centred = self.binary(Intrinsic::Sub, &self.mean_keep_over(axes));
        let variance = centred.binary(Intrinsic::Mul, &centred).mean_keep_over(axes);
        centred.binary(Intrinsic::Mul, &variance.binary_number(Intrinsic::Add, eps).unary(Intrinsic::Rsqrt))
    }

    /// `self * weight + bias`, of those that are there.
    pub(super) fn affine(&self, weight: Option<&Node>, bias: Option<&Node>) -> Node {
        let scaled = weight.map_or_else(|| self.clone(), |w| self.binary(Intrinsic::Mul, w));
        bias.map_or_else(|| scaled.clone(), |b| scaled.binary(Intrinsic::Add, b))
    }
}
