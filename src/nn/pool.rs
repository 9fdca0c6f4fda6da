//! Pooling layers: windows of an image batch become one element each.

use super::library::{lacks, library_layer};
use super::{Cx, Init, Takes, Vars, With, dilation, padding, stride};
use crate::{Dim, Float, Image, Num, Pool2dOptions, Result, Shape, SlideImage, Tensor, U0, U1, Yes};
use std::marker::PhantomData;

/// The largest element of each window of `K` x `K`: `[N, C, H, W] -> [N, C, H', W']` with
/// `H' = (H + 2 P - D (K - 1) - 1) / T + 1`. `MaxPool2d(2)`, `MaxPool2d(3, stride = 2, padding = 1)`; also `dilation`.
///
/// PyTorch's `nn.MaxPool2d`: the stride `T` is `K` by default, padding is never the largest.
///
/// ```
/// use formwork::prelude::*;
/// dims! { Batch }
/// model! {
///     struct Net { pool: MaxPool2d(2) }
///     fn forward(&self, x: [Batch, 3, 8, 8]) -> [Batch, 3, 4, 4] { self.pool(x) }
/// }
/// let model = Net::new(&Device::best(), &mut Rng::seed(1))?;
/// let x = Tensor::<(Batch, U3, U8, U8)>::new(vec![1.0; 192], &Device::best())?;
/// assert_eq!(model.eval().forward(x).dims(), [1, 3, 4, 4]);
/// # Ok::<(), Error>(())
/// ```
pub struct MaxPool2d<K, T = K, P = U0, D = U1>(PhantomData<fn() -> (K, T, P, D)>);

/// The mean of each window of `K` x `K`: `[N, C, H, W] -> [N, C, H', W']` with `H' = (H + 2 P - K) / T + 1`.
/// `AvgPool2d(2)`, `AvgPool2d(3, stride = 2, padding = 1, count_include_pad = false)`.
///
/// PyTorch's `nn.AvgPool2d`: the stride `T` is `K` by default, and padding counts as zeros unless
/// `count_include_pad = false`.
///
/// ```
/// use formwork::prelude::*;
/// dims! { Batch }
/// model! {
///     struct Net { pool: AvgPool2d(2) }
///     fn forward(&self, x: [Batch, 3, 8, 8]) -> [Batch, 3, 4, 4] { self.pool(x) }
/// }
/// let model = Net::new(&Device::best(), &mut Rng::seed(1))?;
/// let x = Tensor::<(Batch, U3, U8, U8)>::new(vec![1.0; 192], &Device::best())?;
/// assert_eq!(model.eval().forward(x).to_vec()?, [1.0; 48]);
/// # Ok::<(), Error>(())
/// ```
pub struct AvgPool2d<K, T = K, P = U0> {
    count_include_pad: bool,
    of: PhantomData<fn() -> (K, T, P)>,
}

/// Means over `H` x `W` equal parts of each image: `[N, C, .., ..] -> [N, C, H, W]`. `AdaptiveAvgPool2d(1)` is the mean
/// over the whole image. PyTorch's `nn.AdaptiveAvgPool2d`.
///
/// ```
/// use formwork::prelude::*;
/// dims! { Batch }
/// model! {
///     struct Net { pool: AdaptiveAvgPool2d(1) }
///     fn forward(&self, x: [Batch, 3, 8, 8]) -> [Batch, 3, 1, 1] { self.pool(x) }
/// }
/// let model = Net::new(&Device::best(), &mut Rng::seed(1))?;
/// let x = Tensor::<(Batch, U3, U8, U8)>::new(vec![1.0; 192], &Device::best())?;
/// assert_eq!(model.eval().forward(x).to_vec()?, [1.0; 3]);
/// # Ok::<(), Error>(())
/// ```
pub struct AdaptiveAvgPool2d<H, W = H>(PhantomData<fn() -> (H, W)>);

/// What can be set of an [`AvgPool2d`] beside its dims.
#[derive(Clone, Copy, Debug)]
pub struct AvgPool2dConfig {
    /// Whether padding counts, as zeros: yes by default.
    pub count_include_pad: bool,
}

impl Default for AvgPool2dConfig {
    fn default() -> Self {
        AvgPool2dConfig { count_include_pad: true }
    }
}

impl<K, T, P, D> Init for MaxPool2d<K, T, P, D> {
    type Config = ();
    fn init(_: (), _: &mut Vars<'_>) -> Result<Self> {
        Ok(MaxPool2d(PhantomData))
    }
}

impl<K, T, P> Init for AvgPool2d<K, T, P> {
    type Config = AvgPool2dConfig;
    fn init(config: AvgPool2dConfig, _: &mut Vars<'_>) -> Result<Self> {
        Ok(AvgPool2d { count_include_pad: config.count_include_pad, of: PhantomData })
    }
}

impl<H, W> Init for AdaptiveAvgPool2d<H, W> {
    type Config = ();
    fn init(_: (), _: &mut Vars<'_>) -> Result<Self> {
        Ok(AdaptiveAvgPool2d(PhantomData))
    }
}

library_layer!([K, T, P, D] MaxPool2d<K, T, P, D> {} but given);
lacks!([K, T, P, D] MaxPool2d<K, T, P, D>: groups);
library_layer!([K, T, P] AvgPool2d<K, T, P> {} but given);
lacks!([K, T, P] AvgPool2d<K, T, P>: dilation);
lacks!([K, T, P] AvgPool2d<K, T, P>: groups);
library_layer!([H, W] AdaptiveAvgPool2d<H, W> {});

#[diagnostic::do_not_recommend]
impl<K, T, P, D, X: Dim> With<stride, X> for MaxPool2d<K, T, P, D> {
    type Out = MaxPool2d<K, X, P, D>;
    type Has = Yes;
}
#[diagnostic::do_not_recommend]
impl<K, T, P, D, X: Dim> With<padding, X> for MaxPool2d<K, T, P, D> {
    type Out = MaxPool2d<K, T, X, D>;
    type Has = Yes;
}
#[diagnostic::do_not_recommend]
impl<K, T, P, D, X: Dim> With<dilation, X> for MaxPool2d<K, T, P, D> {
    type Out = MaxPool2d<K, T, P, X>;
    type Has = Yes;
}
#[diagnostic::do_not_recommend]
impl<K, T, P, X: Dim> With<stride, X> for AvgPool2d<K, T, P> {
    type Out = AvgPool2d<K, X, P>;
    type Has = Yes;
}
#[diagnostic::do_not_recommend]
impl<K, T, P, X: Dim> With<padding, X> for AvgPool2d<K, T, P> {
    type Out = AvgPool2d<K, T, X>;
    type Has = Yes;
}

/// Windows as numbers.
fn options<K: Dim, T: Dim, P: Dim, D: Dim>(count_include_pad: bool) -> Pool2dOptions {
    let [kernel, stride, padding, dilation] = [K::SIZE, T::SIZE, P::SIZE, D::SIZE].map(|n| [n.unwrap_or(0); 2]);
    Pool2dOptions { kernel, stride, padding, dilation, count_include_pad }
}

/// The shape after windows of the layer `L` slid over `S`.
type Slid<S, K, T, P, D, L> =
    (<S as Image>::N, <S as Image>::C, <S as SlideImage<K, T, P, D, L>>::H, <S as SlideImage<K, T, P, D, L>>::W);

impl<S, K: Dim, T: Dim, P: Dim, D: Dim, E: Num> Takes<MaxPool2d<K, T, P, D>, E> for S
where
    S: Shape + Image + SlideImage<K, T, P, D, MaxPool2d<K, T, P, D>>,
{
    type Out = Tensor<Slid<S, K, T, P, D, MaxPool2d<K, T, P, D>>, E>;
    fn take(_: &MaxPool2d<K, T, P, D>, x: &Tensor<S, E>, _: &Cx<'_>) -> Self::Out {
        x.max_pool2d_as(options::<K, T, P, D>(true))
    }
}

impl<S, K: Dim, T: Dim, P: Dim, E: Float> Takes<AvgPool2d<K, T, P>, E> for S
where
    S: Shape + Image + SlideImage<K, T, P, U1, AvgPool2d<K, T, P>>,
{
    type Out = Tensor<Slid<S, K, T, P, U1, AvgPool2d<K, T, P>>, E>;
    fn take(layer: &AvgPool2d<K, T, P>, x: &Tensor<S, E>, _: &Cx<'_>) -> Self::Out {
        x.avg_pool2d_as(options::<K, T, P, U1>(layer.count_include_pad))
    }
}

impl<S: Shape + Image, H: Dim, W: Dim, E: Float> Takes<AdaptiveAvgPool2d<H, W>, E> for S {
    type Out = Tensor<(S::N, S::C, H, W), E>;
    fn take(_: &AdaptiveAvgPool2d<H, W>, x: &Tensor<S, E>, _: &Cx<'_>) -> Self::Out {
        x.adaptive_avg_pool2d::<H, W>()
    }
}
