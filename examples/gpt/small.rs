//! A model of characters that learns on a CPU: a token is a byte.

use formwork::prelude::*;

dims! {
    pub Batch,
    /// Tokens that it sees.
    pub T = 64,
    /// Features of a token.
    pub D = 128,
    pub HEADS = 4,
    pub VOCAB = 256,
}
pub const LAYERS: usize = 4;
/// What products are computed in.
pub type Products = f32;

/// Steps, sequences in a batch and the highest learning rate, unless they are given.
pub const DEFAULTS: (usize, usize, f64) = (1600, 16, 3e-3);

#[path = "model.rs"]
pub mod model;
#[path = "run.rs"]
pub mod run;
