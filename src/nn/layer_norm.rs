//! LayerNorm and RmsNorm: normalisation of each row.

use super::library::{constant, library_layer};
use super::{Cx, Init, Takes, Vars};
use crate::params::Param;
use crate::{Axis, Dim, Float, Result, Shape, Tensor, Wants, features};

/// `(x - mean) / sqrt(var + eps) * weight + bias` over the last axis: `[.., N] -> [.., N]`. `LayerNorm(128)`; also `eps`,
/// `affine` and `bias`. Ba, Kiros, Hinton 2016.
///
/// PyTorch's `nn.LayerNorm` over one axis: the variance is divided by `N`; `weight` starts as 1, `bias` as 0.
///
/// ```
/// use formwork::prelude::*;
/// dims! { Batch }
/// model! {
///     struct Net { norm: LayerNorm(2, eps = 0.0) }
///     fn forward(&self, x: [Batch, 2]) -> [Batch, 2] { self.norm(x) }
/// }
/// let model = Net::new(&Device::best(), &mut Rng::seed(1))?;
/// let x = Tensor::<(Batch, U2)>::new([[1.0, 3.0]], &Device::best())?;
/// assert_eq!(model.eval().forward(x).to_vec()?, [-1.0, 1.0]);
/// # Ok::<(), Error>(())
/// ```
pub struct LayerNorm<N: Dim, E: Float = f32> {
    pub weight: Option<Param<(N,), E>>,
    pub bias: Option<Param<(N,), E>>,
    eps: f64,
}

/// What can be set of a [`LayerNorm`], with PyTorch's defaults.
#[derive(Clone, Copy, Debug)]
pub struct LayerNormConfig {
    /// Added to the variance: 1e-5 by default.
    pub eps: f64,
    /// Whether there is a weight, and a bias if `bias` is true: yes by default.
    pub affine: bool,
    /// Whether it adds a bias: yes by default.
    pub bias: bool,
}

impl Default for LayerNormConfig {
    fn default() -> Self {
        LayerNormConfig { eps: 1e-5, affine: true, bias: true }
    }
}

impl<N: Dim, E: Float> Init for LayerNorm<N, E> {
    type Config = LayerNormConfig;
    fn init(config: LayerNormConfig, at: &mut Vars<'_>) -> Result<Self> {
        let parameter = |is, value| if is { constant(at, value).map(Some) } else { Ok(None) };
        let weight = parameter(config.affine, 1.0)?;
        Ok(LayerNorm { weight, bias: parameter(config.affine && config.bias, 0.0)?, eps: config.eps })
    }
}

library_layer!([N: Dim, E: Float] LayerNorm<N, E> { weight, bias });

impl<S, N: Dim, E: Float> Takes<LayerNorm<N, E>, E> for S
where
    S: Shape + Axis<-1>,
    S::Dim: Wants<N, features, LayerNorm<N, E>, S, -1>,
{
    type Out = Tensor<S, E>;
    fn take(layer: &LayerNorm<N, E>, x: &Tensor<S, E>, _: &Cx<'_>) -> Tensor<S, E> {
        let [weight, bias] = [&layer.weight, &layer.bias].map(|p| p.as_ref().map(|p| p.as_shape()));
        x.layer_norm(weight.as_ref(), bias.as_ref(), layer.eps)
    }
}

/// `x / sqrt(mean(x^2) + eps) * weight` over the last axis: `[.., N] -> [.., N]`. `RmsNorm(128)`; also `eps` and `affine`.
/// Zhang, Sennrich 2019.
///
/// PyTorch's `nn.RMSNorm` over one axis, but that `eps` is 1e-6 by default, as models set it; PyTorch's is the precision
/// of the elements. `weight` starts as 1.
///
/// ```
/// use formwork::prelude::*;
/// dims! { Batch }
/// model! {
///     struct Net { norm: RmsNorm(2, eps = 0.0) }
///     fn forward(&self, x: [Batch, 2]) -> [Batch, 2] { self.norm(x) }
/// }
/// let model = Net::new(&Device::best(), &mut Rng::seed(1))?;
/// let x = Tensor::<(Batch, U2)>::new([[3.0, -3.0]], &Device::best())?;
/// assert_eq!(model.eval().forward(x).to_vec()?, [1.0, -1.0]);
/// # Ok::<(), Error>(())
/// ```
pub struct RmsNorm<N: Dim, E: Float = f32> {
    pub weight: Option<Param<(N,), E>>,
    eps: f64,
}

/// What can be set of an [`RmsNorm`].
#[derive(Clone, Copy, Debug)]
pub struct RmsNormConfig {
    /// Added to the mean square: 1e-6 by default.
    pub eps: f64,
    /// Whether there is a weight: yes by default.
    pub affine: bool,
}

impl Default for RmsNormConfig {
    fn default() -> Self {
        RmsNormConfig { eps: 1e-6, affine: true }
    }
}

impl<N: Dim, E: Float> Init for RmsNorm<N, E> {
    type Config = RmsNormConfig;
    fn init(config: RmsNormConfig, at: &mut Vars<'_>) -> Result<Self> {
        let weight = if config.affine { Some(constant(at, 1.0)?) } else { None };
        Ok(RmsNorm { weight, eps: config.eps })
    }
}

library_layer!([N: Dim, E: Float] RmsNorm<N, E> { weight });

impl<S, N: Dim, E: Float> Takes<RmsNorm<N, E>, E> for S
where
    S: Shape + Axis<-1>,
    S::Dim: Wants<N, features, RmsNorm<N, E>, S, -1>,
{
    type Out = Tensor<S, E>;
    fn take(layer: &RmsNorm<N, E>, x: &Tensor<S, E>, _: &Cx<'_>) -> Tensor<S, E> {
        x.rms_norm(layer.weight.as_ref().map(|p| p.as_shape()).as_ref(), layer.eps)
    }
}
