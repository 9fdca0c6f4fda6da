//! The CPU: fused programs run as an interpreter over blocks that fit in L1, contractions
//! and convolutions by packed register tiles. One team of threads. Work is split by shape, never by the
//! number of threads, so the bits do not depend on it.

mod checked;
mod contract;
mod conv2d;
mod fold;
mod grid;
mod pool;
mod program;
mod reduce;
mod scan;
mod scatter;
mod sort;
mod team;

pub(crate) use pool::{enter, for_each};
pub use pool::{threads, with_threads};

use crate::device::{Buffer, Device, ErrorWord, Executable, Kernel, Run};
use crate::error::Result;
use std::sync::Arc;

/// Makes a kernel ready to run.
pub(super) fn compile(kernel: &Kernel) -> Result<Arc<dyn Executable>> {
    match kernel {
        Kernel::Program(program) => program::compile(program),
        Kernel::Contract(contract) => contract::compile(contract),
        Kernel::Conv2d(conv2d) => conv2d::compile(conv2d),
        Kernel::Fold(fold) => fold::compile(fold),
        Kernel::Scatter(scatter) => scatter::compile(scatter),
        Kernel::Scan(scan) => scan::compile(scan),
        Kernel::Sort(sort) => sort::compile(sort),
        Kernel::Variant(launch) => Ok(Arc::new(launch.clone())),
        Kernel::Grid(grid) => grid::compile(grid),
    }
}

/// Runs a plan to its end.
pub(super) fn run(run: Run<'_>) -> Result<()> {
    if run.arena_bytes > run.arena.as_ref().map_or(0, Buffer::bytes) {
        // The old arena holds nothing that outlives an evaluation.
        *run.arena = None;
        *run.arena = Some(Buffer::alloc(Device::Cpu, run.arena_bytes)?);
    }
    let base = run.arena.as_ref().map_or(std::ptr::null_mut(), Buffer::ptr);
    let errors = ErrorWord::default();
    let (pointers, launch, errors_ref) = (Pointers(run.pointers, base), run.launch, &errors);
    enter(run.parallel, || {
        let pointers = &pointers;
        launch(pointers.0, pointers.1, errors_ref)
    });
    if let Some(error) = errors.broken() {
        return Err(error);
    }
    match (errors.take(), run.report) {
        (Some((failure, message)), Some(report)) => Err(report(failure, message)),
        _ => Ok(()),
    }
}

/// Pointers that go to the thread that launches.
struct Pointers<'a>(&'a [*mut u8], *mut u8);
// SAFETY: the buffers behind them are bound to one evaluation, which uses them from one place at a time.
unsafe impl Send for Pointers<'_> {}
// SAFETY: the same.
unsafe impl Sync for Pointers<'_> {}

/// A compiled program by itself, for measurements.
#[doc(hidden)]
pub struct Launcher(Arc<dyn Executable>);

impl Launcher {
    pub fn new(program: &formwork_ir::Program) -> Result<Launcher> {
        Ok(Launcher(program::compile(program)?))
    }

    /// # Safety
    /// Each buffer holds the elements that the program's accesses reach, and nobody else uses those
    /// that are written.
    #[inline]
    pub unsafe fn launch(&self, buffers: &[*mut u8], args: &[f64]) {
        // SAFETY: passed on.
        unsafe { self.0.launch(buffers, args, &crate::device::ErrorWord::default()) };
    }

    /// Runs `work` on the pool.
    pub fn on_pool<R>(work: impl FnOnce() -> R) -> R {
        enter(true, work)
    }

    pub fn for_each(tasks: usize, f: impl Fn(usize) + Sync) {
        pool::for_each(tasks, f)
    }
}
