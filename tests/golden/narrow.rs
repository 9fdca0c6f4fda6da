//! The model of the example `gpt` in a size of its own, with products in bf16.

use formwork::prelude::*;

dims! { pub Batch, pub T = 32, pub D = 48, pub HEADS = 3, pub VOCAB = 96 }
pub const LAYERS: usize = 2;
pub type Products = bf16;

#[path = "../../examples/gpt/model.rs"]
pub mod model;
