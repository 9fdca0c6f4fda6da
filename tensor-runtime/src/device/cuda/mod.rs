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
mod conv2d;
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
mod profile;
mod program;
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
pub use profile::{Profile, Timed, profile};
pub use report::{
    Event, Memory, Properties, Versions, device_count, devices, is_available, memory_info, reset_peak_memory,
    synchronize, versions,
};
pub(crate) use run::{Instances, run};

use super::{Executable, Kernel};
use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Opens GPU `ordinal`, and sees to it that kernels can be compiled.
pub(super) fn open(ordinal: u8) -> Result<()> {
    Gpu::get(ordinal)?;
    library::Library::Nvrtc.need()
}

/// Whether every launch on this thread is timed.
pub(super) fn is_profiled() -> bool {
    profile::is_on()
}

/// Notes the end of a launch on GPU `ordinal`, if launches of this thread are timed.
pub(super) fn launched(ordinal: u8, name: impl FnOnce() -> String) {
    if let Ok(gpu) = Gpu::get(ordinal) {
        profile::mark(gpu, name);
    }
}

/// Threads that compile at once, at most.
const COMPILERS: usize = 8;

/// Makes kernels ready to run on GPU `ordinal`. Those from `guarded` on do nothing once a check has failed.
pub(super) fn compile(ordinal: u8, kernels: &[&Kernel], guarded: usize) -> Result<Vec<Arc<dyn Executable>>> {
    let gpu = Gpu::get(ordinal)?;
    let one = |i: usize| gpu.make_current().and_then(|()| compile_one(gpu, kernels[i], i >= guarded));
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get()).min(COMPILERS).min(kernels.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let all = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        all.take_while(|&i| i < kernels.len()).map(|i| (i, one(i))).collect::<Vec<_>>()
    };
    let mut compiled = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    compiled.sort_by_key(|c| c.0);
    compiled.into_iter().map(|c| c.1).collect()
}

fn compile_one(gpu: &'static Gpu, kernel: &Kernel, guarded: bool) -> Result<Arc<dyn Executable>> {
    match kernel {
        Kernel::Program(program) => program::compile(gpu, program, guarded),
        Kernel::Grid(grid) => grid::compile(gpu, grid),
        Kernel::Fold(fold) => fold::stages(fold).compile(gpu, guarded),
        Kernel::Scatter(scatter) => scatter::stages(scatter)?.compile(gpu, guarded),
        Kernel::Scan(scan) => scan::stages(scan)?.compile(gpu, guarded),
        Kernel::Sort(sort) => sort::stages(sort)?.compile(gpu, guarded),
        Kernel::Contract(contract) => contract::compile(gpu, contract, guarded),
        Kernel::Conv2d(conv2d) => conv2d::compile(gpu, conv2d, guarded),
        other => Err(Error::other(format!("no kernel for a GPU yet: {other:?}"))),
    }
}
