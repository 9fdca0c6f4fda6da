//! BatchNorm1d and BatchNorm2d: mean 0 and variance 1 for each channel.

use super::library::{constant, library_layer, state};
use super::{Cx, Init, Takes, Vars};
use crate::params::{Param, State};
use crate::{Axis, Dim, Float, Image, Result, Shape, Tensor, Wants, channels};

/// What can be set of a batch norm, with PyTorch's defaults.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormConfig {
    /// Added to the variance: 1e-5 by default.
    pub eps: f64,
    /// The share of the newest batch in the running statistics: 0.1 by default.
    pub momentum: f64,
    /// Whether there are a weight and a bias: yes by default.
    pub affine: bool,
}

impl Default for BatchNormConfig {
    fn default() -> Self {
        BatchNormConfig { eps: 1e-5, momentum: 0.1, affine: true }
    }
}

macro_rules! batch_norm {
    ($(#[$doc:meta])* $layer:ident: $input:path) => {
        $(#[$doc])*
        pub struct $layer<C: Dim, E: Float = f32> {
            pub weight: Option<Param<(C,), E>>,
            pub bias: Option<Param<(C,), E>>,
            pub running_mean: State<(C,), E>,
            pub running_var: State<(C,), E>,
            pub num_batches_tracked: State<(), i64>,
            eps: f64,
            momentum: f64,
        }

        impl<C: Dim, E: Float> Init for $layer<C, E> {
            type Config = BatchNormConfig;
            fn init(config: BatchNormConfig, at: &mut Vars<'_>) -> Result<Self> {
                let parameter = |value| if config.affine { constant(at, value).map(Some) } else { Ok(None) };
                Ok($layer {
                    weight: parameter(1.0)?,
                    bias: parameter(0.0)?,
                    running_mean: state(at, 0.0)?,
                    running_var: state(at, 1.0)?,
                    num_batches_tracked: state(at, 0.0)?,
                    eps: config.eps,
                    momentum: config.momentum,
                })
            }
        }

        library_layer!([C: Dim, E: Float] $layer<C, E> { weight, bias, running_mean, running_var, num_batches_tracked });

        impl<S, C: Dim, E: Float> Takes<$layer<C, E>, E> for S
        where
            S: Shape + Axis<1> + $input,
            <S as Axis<1>>::Dim: Wants<C, channels, $layer<C, E>, S, 1>,
        {
            type Out = Tensor<S, E>;
            fn take(layer: &$layer<C, E>, x: &Tensor<S, E>, cx: &Cx<'_>) -> Tensor<S, E> {
                let (mean, var) = (layer.running_mean.get(), layer.running_var.get());
                let [weight, bias] = [&layer.weight, &layer.bias].map(|p| p.as_ref().map(|p| p.as_shape()));
                if !cx.is_training() {
                    return x.batch_norm(&mean.as_shape(), &var.as_shape(), weight.as_ref(), bias.as_ref(), layer.eps);
                }
                let normed = x.batch_norm_train(weight.as_ref(), bias.as_ref(), layer.eps);
                layer.running_mean.set(&mean.lerp(&normed.mean.as_shape(), layer.momentum));
                layer.running_var.set(&var.lerp(&normed.var.as_shape(), layer.momentum));
                layer.num_batches_tracked.set(&(layer.num_batches_tracked.get() + 1));
                normed.y
            }
        }
    };
}

batch_norm! {
    /// `(x - mean) / sqrt(var + eps) * weight + bias` for each of `C` channels: `[N, C]` or `[N, C, L]`, over all other
    /// axes. `BatchNorm1d(64)`; also `eps`, `momentum`, `affine`. Ioffe, Szegedy 2015.
    ///
    /// PyTorch's `nn.BatchNorm1d`: while the model learns, the statistics are the batch's (the variance divided by its
    /// number of elements), and the running ones move towards them by `momentum`; in use they are the running ones.
    /// `weight` starts as 1, `bias` as 0.
    ///
    /// ```
    /// use formwork::prelude::*;
    /// dims! { Batch }
    /// model! {
    ///     struct Net { norm: BatchNorm1d(4) }
    ///     fn forward(&self, x: [Batch, 4]) -> [Batch, 4] { self.norm(x) }
    /// }
    /// let (model, mut rng) = (Net::new(&Device::best(), &mut Rng::seed(1))?, Rng::seed(2));
    /// let x = Tensor::<(Batch, U4)>::new([[1.0; 4], [3.0; 4]], &Device::best())?;
    /// let y = model.train(&mut rng).forward(&x).to_vec()?;
    /// assert!((y[0] + 1.0).abs() < 1e-4 && (y[4] - 1.0).abs() < 1e-4);
    /// # Ok::<(), Error>(())
    /// ```
    BatchNorm1d: Shape
}

batch_norm! {
    /// `(x - mean) / sqrt(var + eps) * weight + bias` for each of `C` channels of an image batch `[N, C, H, W]`, over all
    /// other axes. `BatchNorm2d(64)`; also `eps`, `momentum`, `affine`. Ioffe, Szegedy 2015.
    ///
    /// PyTorch's `nn.BatchNorm2d`; see [`BatchNorm1d`].
    ///
    /// ```
    /// use formwork::prelude::*;
    /// dims! { Batch }
    /// model! {
    ///     struct Net { norm: BatchNorm2d(3) }
    ///     fn forward(&self, x: [Batch, 3, 8, 8]) -> [Batch, 3, 8, 8] { self.norm(x) }
    /// }
    /// let (model, mut rng) = (Net::new(&Device::best(), &mut Rng::seed(1))?, Rng::seed(2));
    /// let x = Tensor::<(Batch, U3, U8, U8)>::new(vec![1.0; 192], &Device::best())?;
    /// assert_eq!(model.train(&mut rng).forward(&x).to_vec()?, [0.0; 192]);
    /// assert_eq!(model.norm.running_mean.get().to_vec()?, [0.1; 3]);
    /// # Ok::<(), Error>(())
    /// ```
    BatchNorm2d: Image
}
