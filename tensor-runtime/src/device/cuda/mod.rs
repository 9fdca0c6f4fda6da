//! NVIDIA GPUs: what there are, their memory, their libraries.
//!
//! One binary runs with and without a GPU: libraries are opened when they are first needed, and an error says which one
//! is missing. Kernels are compiled by NVRTC and kept in [`cache_folder`].
//!
//! ```
//! use formwork_runtime::device::cuda;
//!
//! match cuda::devices() {
//!     Ok(gpus) => gpus.iter().for_each(|gpu| println!("{gpu}")),
//!     Err(e) => println!("no GPU: {e}"),
//! }
//! ```

mod arena;
mod cache;
mod code;
mod contract;
#[cfg(test)]
mod emulate;
mod fold;
mod gpu;
mod grid;
mod library;
pub(crate) mod memory;
mod numbers;
mod nvrtc;
mod precision;
mod radix;
mod report;
mod run;
mod scan;
mod scatter;
mod sort;
mod stages;
#[cfg(test)]
mod tests;

pub use cache::folder as cache_folder;
pub(crate) use gpu::Gpu;
pub use precision::allow_tf32;
pub(super) use precision::tf32;
pub use report::{
    Event, Memory, Properties, Versions, device_count, devices, is_available, memory_info, reset_peak_memory,
    synchronize, versions,
};
pub(crate) use run::{Instances, run};

use super::{Executable, Kernel};
use crate::error::{Error, Result};
use std::sync::Arc;

/// Opens GPU `ordinal`, and sees to it that kernels can be compiled.
pub(super) fn open(ordinal: u8) -> Result<()> {
    Gpu::get(ordinal)?;
    library::Library::Nvrtc.need()
}

/// Makes a kernel ready to run on GPU `ordinal`. One that is `guarded` does nothing once a check has failed.
pub(super) fn compile(ordinal: u8, kernel: &Kernel, guarded: bool) -> Result<Arc<dyn Executable>> {
    let gpu = Gpu::get(ordinal)?;
    match kernel {
        Kernel::Grid(grid) => grid::compile(gpu, grid),
        Kernel::Fold(fold) => fold::stages(fold).compile(gpu, guarded),
        Kernel::Scatter(scatter) => scatter::stages(scatter)?.compile(gpu, guarded),
        Kernel::Scan(scan) => scan::stages(scan)?.compile(gpu, guarded),
        Kernel::Sort(sort) => sort::stages(sort)?.compile(gpu, guarded),
        Kernel::Contract(contract) => contract::compile(gpu, contract, guarded),
        other => Err(Error::other(format!("no kernel for a GPU yet (guarded: {guarded}): {other:?}"))),
    }
}
