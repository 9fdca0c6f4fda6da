//! Data: what a sample is ([`Sample`]), where samples come from ([`Dataset`]), how they become
//! batches ([`DataLoader`]), windows over texts ([`TokenWindows`]), and
//! readers of well-known sets ([`digits`], [`mnist`], [`sonnets`], [`idx`]).
//!
//! A dataset writes each sample into a row of the batch that is being filled: it makes no tensors,
//! and knows nothing of devices, batch sizes or threads. Nothing here knows of models or training.

mod combine;
mod dataset;
pub mod digits;
pub mod idx;
mod loader;
pub mod mnist;
mod order;
mod sample;
pub mod sonnets;
mod tokens;
mod workers;

pub use combine::{Concat, Map, MapInPlace, Subset, Take};
pub use dataset::{Dataset, InMemory};
pub use loader::{Batches, DataLoader, Unbatched};
pub use order::permutation;
pub use sample::{Field, Labelled, Row, Sample, SampleShape};
pub use tokens::TokenWindows;
