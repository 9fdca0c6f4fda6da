//! Linear: an affine map of the last axis.

use super::library::{constant, library_layer, normal, uniform};
use super::{Cx, Init, Takes, Vars};
use crate::params::Param;
use crate::{Axis, Dim, Float, Result, Shape, Tensor, Wants, features};

/// `y = x weight^T + bias`: `[.., I] -> [.., O]`. `Linear(64 -> 128)`, `Linear(64 -> 128, bias = false)`;
/// also `std = 0.02`.
///
/// PyTorch's `nn.Linear`: `weight` is `[O, I]`, `bias` `[O]`; both start evenly from `-1 / sqrt(I)..1 / sqrt(I)`.
/// With `std`, `weight` starts from the normal distribution of that deviation and `bias` from 0, as in GPT-2.
///
/// ```
/// use formwork::prelude::*;
/// dims! { Batch }
/// model! {
///     struct Classifier { fc: Linear(64 -> 10) }
///     fn forward(&self, x: [Batch, 64]) -> [Batch, 10] { self.fc(x) }
/// }
/// let model = Classifier::new(&Device::best(), &mut Rng::seed(1))?;
/// let x = Tensor::<(Batch, U64)>::new(vec![1.0; 128], &Device::best())?;
/// assert_eq!(model.eval().forward(x).to_vec()?.len(), 20);
/// # Ok::<(), Error>(())
/// ```
pub struct Linear<I: Dim, O: Dim, E: Float = f32> {
    pub weight: Param<(O, I), E>,
    pub bias: Option<Param<(O,), E>>,
}

/// What can be set of a [`Linear`].
#[derive(Clone, Copy, Debug)]
pub struct LinearConfig {
    /// Whether it adds a bias: yes by default.
    pub bias: bool,
    /// The standard deviation that its weight starts with, its bias being 0; 0 is PyTorch's even start, the default.
    pub std: f64,
}

impl Default for LinearConfig {
    fn default() -> Self {
        LinearConfig { bias: true, std: 0.0 }
    }
}

impl<I: Dim, O: Dim, E: Float> Init for Linear<I, O, E> {
    type Config = LinearConfig;
    fn init(config: LinearConfig, at: &mut Vars<'_>) -> Result<Self> {
        let fan_in = I::SIZE.unwrap_or(0);
        let even = config.std == 0.0;
        let weight = if even { uniform(at, fan_in)? } else { normal(at, 0.0, config.std)? };
        let bias = match config.bias {
            true if even => Some(uniform(at, fan_in)?),
            true => Some(constant(at, 0.0)?),
            false => None,
        };
        Ok(Linear { weight, bias })
    }
}

library_layer!([I: Dim, O: Dim, E: Float] Linear<I, O, E> { weight, bias });

impl<S, I: Dim, O: Dim, E: Float> Takes<Linear<I, O, E>, E> for S
where
    S: Shape + Axis<-1>,
    S::Dim: Wants<I, features, Linear<I, O, E>, S, -1>,
{
    type Out = Tensor<S::Set<O>, E>;
    fn take(layer: &Linear<I, O, E>, x: &Tensor<S, E>, _: &Cx<'_>) -> Self::Out {
        x.linear(&layer.weight.as_shape(), layer.bias.as_deref())
    }
}
