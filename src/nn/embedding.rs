//! Embedding: a learned row for each index.

use super::library::{library_layer, normal};
use super::{Cx, Init, Takes, Vars};
use crate::params::Param;
use crate::{Dim, EmbedIn, Float, Result, Shape, Tensor};

/// The rows of a table at i64 indices: `[..] -> [.., D]` for indices in `0..V`. `Embedding(50257 -> 768)`; also
/// `std = 0.02`.
///
/// PyTorch's `nn.Embedding`: `weight` is `[V, D]` and starts from the normal distribution of variance 1, or of deviation
/// `std`. An index outside makes the evaluation fail.
///
/// ```
/// use formwork::prelude::*;
/// dims! { Seq }
/// model! {
///     struct Net { tokens: Embedding(100 -> 8) }
///     fn forward(&self, x: [Seq; i64]) -> [Seq, 8] { self.tokens(x) }
/// }
/// let model = Net::new(&Device::best(), &mut Rng::seed(1))?;
/// let tokens = Tensor::<(Seq,), i64>::new([5, 99, 5], &Device::best())?;
/// let rows = model.eval().forward(tokens).to_vec()?;
/// assert_eq!(rows[..8], rows[16..]);
/// # Ok::<(), Error>(())
/// ```
pub struct Embedding<V: Dim, D: Dim, E: Float = f32> {
    pub weight: Param<(V, D), E>,
}

/// What can be set of an [`Embedding`].
#[derive(Clone, Copy, Debug)]
pub struct EmbeddingConfig {
    /// The standard deviation that its table starts with: 1 by default.
    pub std: f64,
}

impl Default for EmbeddingConfig {
    fn default() -> Self {
        EmbeddingConfig { std: 1.0 }
    }
}

impl<V: Dim, D: Dim, E: Float> Init for Embedding<V, D, E> {
    type Config = EmbeddingConfig;
    fn init(config: EmbeddingConfig, at: &mut Vars<'_>) -> Result<Self> {
        Ok(Embedding { weight: normal(at, 0.0, config.std)? })
    }
}

library_layer!([V: Dim, D: Dim, E: Float] Embedding<V, D, E> { weight });

impl<S, V: Dim, D: Dim, E: Float> Takes<Embedding<V, D, E>, i64> for S
where
    S: Shape + EmbedIn<(V, D)>,
{
    type Out = Tensor<<S as EmbedIn<(V, D)>>::Out, E>;
    fn take(layer: &Embedding<V, D, E>, x: &Tensor<S, i64>, _: &Cx<'_>) -> Self::Out {
        x.embedding(layer.weight.tensor())
    }
}
