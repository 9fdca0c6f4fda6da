//! The run-time library: graph, gradient, plan, devices, optimizers.

pub mod device;
pub mod dtype;
pub mod error;

pub use device::Device;
pub use error::{Error, Result};
