//! Saving and loading as methods of every model.

use crate::Result;
use crate::params::Module;
use std::path::Path;

/// `model.save(path)` and `model.load(path)`, for everything that has parameters.
pub trait Persist: Module + Sized {
    /// Writes parameters and state as safetensors under PyTorch's state-dict names: [`io::save`](crate::io::save).
    ///
    /// # Errors
    /// If the file cannot be written; a file that was there stays as it was.
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        super::save(self, path)
    }

    /// Reads parameters and state from a safetensors file: [`io::load`](crate::io::load).
    ///
    /// # Errors
    /// If the file cannot be read or does not fit the model, with every difference; the model stays as it was.
    fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        super::load(self, path)
    }
}

impl<M: Module> Persist for M {}
