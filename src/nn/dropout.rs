//! Dropout: elements set to zero at random while the model learns.

use super::library::library_layer;
use super::{Cx, Init, Takes, Vars};
use crate::{Error, Float, Result, Shape, Tensor};

/// Zero with probability `p` each, `x / (1 - p)` otherwise, while the model learns; `x` in use. `Dropout(0.1)`; `p` is 0.5
/// by default. Srivastava et al. 2014; PyTorch's `nn.Dropout`.
///
/// ```
/// use formwork::prelude::*;
/// dims! { Batch }
/// model! {
///     struct Net { drop: Dropout(0.5) }
///     fn forward(&self, x: [Batch, 4]) -> [Batch, 4] { self.drop(x) }
/// }
/// let (model, mut rng) = (Net::new(&Device::best(), &mut Rng::seed(1))?, Rng::seed(2));
/// let x = Tensor::<(Batch, U4)>::new([[1.0; 4]], &Device::best())?;
/// assert!(model.train(&mut rng).forward(&x).to_vec()?.iter().all(|&y| y == 0.0 || y == 2.0));
/// assert_eq!(model.eval().forward(&x).to_vec()?, [1.0; 4]);
/// # Ok::<(), Error>(())
/// ```
pub struct Dropout {
    p: f64,
}

/// What can be set of a [`Dropout`].
#[derive(Clone, Copy, Debug)]
pub struct DropoutConfig {
    /// The probability of zero: 0.5 by default.
    pub p: f64,
}

impl Default for DropoutConfig {
    fn default() -> Self {
        DropoutConfig { p: 0.5 }
    }
}

impl From<f64> for DropoutConfig {
    fn from(p: f64) -> Self {
        DropoutConfig { p }
    }
}

impl Init for Dropout {
    type Config = DropoutConfig;
    fn init(DropoutConfig { p }: DropoutConfig, _: &mut Vars<'_>) -> Result<Self> {
        match (0.0..=1.0).contains(&p) {
            true => Ok(Dropout { p }),
            false => {
                Err(Error::Setting { name: "p", found: p.to_string(), expected: "a probability from 0 to 1".into() })
            }
        }
    }
}

library_layer!([] Dropout {});

impl<S: Shape, E: Float> Takes<Dropout, E> for S {
    type Out = Tensor<S, E>;
    fn take(layer: &Dropout, x: &Tensor<S, E>, cx: &Cx<'_>) -> Tensor<S, E> {
        if layer.p == 0.0 {
            return x.clone();
        }
        cx.with_rng(|rng| x.dropout(layer.p, rng)).unwrap_or_else(|| x.clone())
    }
}
