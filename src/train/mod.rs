//! What is shown while and after a model is trained: [`Progress`] and [`summary_table`].
//!
//! It takes numbers and names; it knows nothing of models, optimizers or data.

mod progress;
mod summary;

pub use progress::Progress;
pub use summary::{LayerRow, summary_table};
