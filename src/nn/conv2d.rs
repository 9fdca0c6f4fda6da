//! Conv2d: 2-d convolution with a learned filter.

use super::layer::{Given, Keeps};
use super::library::{library_layer, uniform};
use super::{Cx, Init, Takes, Vars, With, dilation, groups, padding, stride};
use crate::params::Param;
use crate::{
    Conv2dOptions, Dim, DimDiv, Float, Image, Result, Shape, Share, SlideImage, Tensor, U0, U1, Wants, Yes, channels,
};
use std::marker::PhantomData;

/// A convolution `[N, I, H, W] -> [N, O, H', W']` with a square filter of `K`:
/// `H' = (H + 2 P - D (K - 1) - 1) / T + 1`, and `W'` likewise.
/// `Conv2d(3 -> 64, 7, stride = 2, padding = 3)`; also `dilation`, `groups` and `bias = false`.
///
/// PyTorch's `nn.Conv2d`: `weight` is `[O, I / groups, K, K]`, `bias` `[O]`; both start evenly from
/// `-1 / sqrt(n)..1 / sqrt(n)` with `n = I / groups * K * K`.
///
/// As a type it has stride `T`, padding `P`, dilation `D` and `G = I / groups` channels for each output.
///
/// ```
/// use formwork::prelude::*;
/// dims! { Batch }
/// model! {
///     struct Net { conv: Conv2d(1 -> 8, 3, padding = 1) }
///     fn forward(&self, x: [Batch, 1, 28, 28]) -> [Batch, 8, 28, 28] { self.conv(x) }
/// }
/// let model = Net::new(&Device::best(), &mut Rng::seed(1))?;
/// let x = Tensor::<(Batch, U1, U28, U28)>::new(vec![1.0; 2 * 784], &Device::best())?;
/// assert_eq!(model.eval().forward(x).dims(), [2, 8, 28, 28]);
/// # Ok::<(), Error>(())
/// ```
pub struct Conv2d<I: Dim, O: Dim, K: Dim, E: Float = f32, T = U1, P = U0, D = U1, G: Dim = I> {
    pub weight: Param<(O, G, K, K), E>,
    pub bias: Option<Param<(O,), E>>,
    of: PhantomData<fn(I) -> (T, P, D)>,
}

/// What can be set of a [`Conv2d`] beside its dims.
#[derive(Clone, Copy, Debug)]
pub struct Conv2dConfig {
    /// Whether it adds a bias: yes by default.
    pub bias: bool,
}

impl Default for Conv2dConfig {
    fn default() -> Self {
        Conv2dConfig { bias: true }
    }
}

impl<I: Dim, O: Dim, K: Dim, E: Float, T, P, D, G: Dim> Init for Conv2d<I, O, K, E, T, P, D, G> {
    type Config = Conv2dConfig;
    fn init(config: Conv2dConfig, at: &mut Vars<'_>) -> Result<Self> {
        let fan_in = [G::SIZE, K::SIZE, K::SIZE].iter().map(|n| n.unwrap_or(0)).product();
        let weight = uniform(at, fan_in)?;
        let bias = if config.bias { Some(uniform(at, fan_in)?) } else { None };
        Ok(Conv2d { weight, bias, of: PhantomData })
    }
}

library_layer!([I: Dim, O: Dim, K: Dim, E: Float, T, P, D, G: Dim] Conv2d<I, O, K, E, T, P, D, G> { weight, bias } but given);

#[diagnostic::do_not_recommend]
impl<I: Dim, O: Dim, K: Dim, E: Float, T, P, D, G: Dim, X: Dim> With<stride, X> for Conv2d<I, O, K, E, T, P, D, G> {
    type Out = Conv2d<I, O, K, E, X, P, D, G>;
    type Has = Yes;
}

#[diagnostic::do_not_recommend]
impl<I: Dim, O: Dim, K: Dim, E: Float, T, P, D, G: Dim, X: Dim> With<padding, X> for Conv2d<I, O, K, E, T, P, D, G> {
    type Out = Conv2d<I, O, K, E, T, X, D, G>;
    type Has = Yes;
}

#[diagnostic::do_not_recommend]
impl<I: Dim, O: Dim, K: Dim, E: Float, T, P, D, G: Dim, X: Dim> With<dilation, X> for Conv2d<I, O, K, E, T, P, D, G> {
    type Out = Conv2d<I, O, K, E, T, P, X, G>;
    type Has = Yes;
}

#[diagnostic::do_not_recommend]
impl<I: Share<X> + Dim, O: Dim, K: Dim, E: Float, T, P, D, G: Dim, X: Dim> With<groups, X>
    for Conv2d<I, O, K, E, T, P, D, G>
{
    type Out = Conv2d<I, O, K, E, T, P, D, <I as Share<X>>::Out>;
    type Has = Divide<I, O, X>;
}

/// That `X` groups divide both kinds of channels.
pub struct Divide<I, O, X>(PhantomData<(I, O, X)>);
#[diagnostic::do_not_recommend]
impl<L, Option, I, O, X> Given<L, Option> for Divide<I, O, X> {}
impl<I: DimDiv<X>, O: DimDiv<X>, X> Keeps for Divide<I, O, X> {}

impl<S, I: Dim, O: Dim, K: Dim, E: Float, T: Dim, P: Dim, D: Dim, G: Dim> Takes<Conv2d<I, O, K, E, T, P, D, G>, E> for S
where
    S: Shape + Image,
    S::C: Wants<I, channels, Conv2d<I, O, K, E, T, P, D, G>, S, 1>,
    S: SlideImage<K, T, P, D, Conv2d<I, O, K, E, T, P, D, G>>,
{
    type Out = Tensor<
        (
            S::N,
            O,
            <S as SlideImage<K, T, P, D, Conv2d<I, O, K, E, T, P, D, G>>>::H,
            <S as SlideImage<K, T, P, D, Conv2d<I, O, K, E, T, P, D, G>>>::W,
        ),
        E,
    >;
    fn take(layer: &Conv2d<I, O, K, E, T, P, D, G>, x: &Tensor<S, E>, _: &Cx<'_>) -> Self::Out {
        let [stride, padding, dilation] = [T::SIZE, P::SIZE, D::SIZE].map(|n| [n.unwrap_or(1); 2]);
        let groups = I::SIZE.unwrap_or(1) / G::SIZE.unwrap_or(1).max(1);
        let options = Conv2dOptions { stride, padding, dilation, groups };
        x.conv2d_as(&layer.weight, layer.bias.as_deref(), options)
    }
}
