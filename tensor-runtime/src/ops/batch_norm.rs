//! batch_norm: mean 0 and variance 1 for each channel, over the batch or by statistics gathered before.

use crate::dtype::Float;
use crate::error::Error;
use crate::graph::{Dims, Node, named, op_at, op_name};
use crate::tensor::Tensor;
use formwork_ir::{Intrinsic, ReduceOp};
use formwork_shapes::{Axis, Shape};

/// A number for each channel, which are axis 1 of `S`.
type PerChannel<S, E> = Tensor<(<S as Axis<1>>::Dim,), E>;

/// What [`Tensor::batch_norm_train`] gives.
pub struct BatchNormed<S: Shape + Axis<1>, E: Float> {
    /// The normalised batch.
    pub y: Tensor<S, E>,
    /// The mean of each channel.
    pub mean: PerChannel<S, E>,
    /// The variance of each channel, divided by one less than the number of elements: the running variance takes this.
    pub var: PerChannel<S, E>,
}

impl<S: Shape + Axis<1>, E: Float> Tensor<S, E> {
    /// `(x - mean) / sqrt(var + eps) * weight + bias` for each channel, axis 1, by given statistics.
    /// `torch.nn.functional.batch_norm` of a model in use.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U1, U2};
    /// let x = Tensor::<(U1, U2)>::new([[3.0, 6.0]], &Device::Cpu)?;
    /// let [mean, var] = [[1.0, 2.0], [4.0, 16.0]].map(|v| Tensor::<(U2,)>::new(v, &Device::Cpu));
    /// assert_eq!(x.batch_norm(&mean?, &var?, None, None, 0.0).to_vec()?, [1.0, 1.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn batch_norm(
        &self,
        mean: &PerChannel<S, E>,
        var: &PerChannel<S, E>,
        weight: Option<&PerChannel<S, E>>,
        bias: Option<&PerChannel<S, E>>,
        eps: f64,
    ) -> Self {
        let _op = named("batch_norm");
        let x = self.node();
        let column = |n: &Node| x.column(n);
        let scale = column(&var.node().binary_number(Intrinsic::Add, eps).unary(Intrinsic::Rsqrt));
        let y = x.binary(Intrinsic::Sub, &column(mean.node())).binary(Intrinsic::Mul, &scale);
        let [weight, bias] = [weight, bias].map(|n| n.map(|n| column(n.node())));
        Tensor::stated(y.affine(weight.as_ref(), bias.as_ref()))
    }

    /// `(x - mean) / sqrt(var + eps) * weight + bias` for each channel, axis 1, by the statistics of the batch, which come
    /// with it. Ioffe, Szegedy 2015; `torch.nn.functional.batch_norm` of a model that learns.
    ///
    /// It wants more than one element for each channel.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U1, U2};
    /// let x = Tensor::<(U2, U1)>::new([[1.0], [3.0]], &Device::Cpu)?;
    /// let normed = x.batch_norm_train(None, None, 0.0);
    /// assert_eq!((normed.y.to_vec()?, normed.mean.to_vec()?, normed.var.to_vec()?), (vec![-1.0, 1.0], vec![2.0], vec![2.0]));
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn batch_norm_train(
        &self,
        weight: Option<&PerChannel<S, E>>,
        bias: Option<&PerChannel<S, E>>,
        eps: f64,
    ) -> BatchNormed<S, E> {
        let _op = named("batch_norm");
        let x = self.node();
        let axes: Vec<usize> = (0..x.rank()).filter(|&a| a != 1).collect();
        let count: usize = axes.iter().map(|&a| x.dims()[a]).product();
        if count < 2 {
            let expected = "more than one element for each channel while learning".to_string();
            let error = Error::Shape { op: op_name(), expected, found: format!("{:?}", x.dims()), at: op_at() };
            let none = || Tensor::poisoned(error.clone());
            return BatchNormed { y: Tensor::poisoned(error.clone()), mean: none(), var: none() };
        }
        let mean = x.mean_keep_over(&axes);
        let centred = x.binary(Intrinsic::Sub, &mean);
        let squares = centred.binary(Intrinsic::Mul, &centred).reduce_keep(ReduceOp::Sum, axes.iter().copied());
        let var = squares.binary_number(Intrinsic::Div, count as f64);
        let y = centred.binary(Intrinsic::Mul, &var.binary_number(Intrinsic::Add, eps).unary(Intrinsic::Rsqrt));
        let [weight, bias] = [weight, bias].map(|n| n.map(|n| x.column(n.node())));
        let channels = [x.dims()[1]];
        let unbiased = squares.binary_number(Intrinsic::Div, (count - 1) as f64);
        BatchNormed {
            y: Tensor::stated(y.affine(weight.as_ref(), bias.as_ref())),
            mean: Tensor::of(mean.reshape(&channels)),
            var: Tensor::of(unbiased.reshape(&channels)),
        }
    }
}

impl Node {
    /// A number for each channel of this node, so that it broadcasts along axis 1.
    fn column(&self, channels: &Node) -> Node {
        let mut dims: Dims = self.dims().iter().map(|_| 1).collect();
        dims[1] = channels.len();
        channels.reshape(&dims)
    }
}
