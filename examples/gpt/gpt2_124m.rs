//! GPT-2, the smallest one: 124 million parameters.

use formwork::prelude::*;

dims! {
    pub Batch,
    /// Tokens that it sees.
    pub T = 1024,
    /// Features of a token.
    pub D = 768,
    pub HEADS = 12,
    /// GPT-2's 50,257, and 47 that never come, for a multiple of 64.
    pub VOCAB = 50304,
}
pub const LAYERS: usize = 12;
/// What products are computed in; weights and all else are f32.
pub type Products = bf16;

/// Steps, sequences in a batch and the highest learning rate, unless they are given.
pub const DEFAULTS: (usize, usize, f64) = (10, 1, 6e-4);

#[path = "model.rs"]
pub mod model;
#[path = "run.rs"]
pub mod run;
