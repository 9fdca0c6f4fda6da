//! rms_norm: mean square 1 over the last axis.

use crate::dtype::Float;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// `x / sqrt(mean(x^2) + eps) * weight` over the last axis. Zhang, Sennrich 2019; `torch.nn.functional.rms_norm`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([3.0, -3.0], &Device::Cpu)?;
    /// assert_eq!(x.rms_norm(None, 0.0).to_vec()?, [1.0, -1.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn rms_norm(&self, weight: Option<&Tensor<(<S as Axis<-1>>::Dim,), E>>, eps: f64) -> Self
    where
        S: Axis<-1>,
    {
        let _op = named("rms_norm");
        let (x, axis) = (self.node(), <S as Axis<-1>>::INDEX);
        let square = x.binary(Intrinsic::Mul, x).mean_keep_over(&[axis]);
        let y = x.binary(Intrinsic::Mul, &square.binary_number(Intrinsic::Add, eps).unary(Intrinsic::Rsqrt));
        Tensor::stated(y.affine(weight.map(Tensor::node), None))
    }
}
