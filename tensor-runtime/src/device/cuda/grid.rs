//! Kernels of the user's own on a GPU.

use super::code::{Function, Shape};
use super::gpu::Gpu;
use super::memory;
use crate::device::grid::{Grid, GridParam, Start};
use crate::device::{ErrorWord, Executable};
use crate::error::{Error, Result};
use formwork_ir::kernel::cuda::{self, Scalars};
use std::sync::Arc;

/// Makes a kernel ready to run.
pub(super) fn compile(gpu: &'static Gpu, grid: &Grid) -> Result<Arc<dyn Executable>> {
    let typed = grid.typed.as_ref().ok_or_else(|| Error::other(format!("`{}` has no typed form", grid.name)))?;
    let typed =
        typed.0.as_ref().as_ref().map_err(|e| Error::other(format!("`{}` cannot run on a GPU: {e}", grid.name)))?;
    let text = format!("{}{}", cuda::header(), cuda::emit_with(typed, "kernel", Scalars::InMemory));
    let function = gpu.function(&text, "kernel")?;
    let shared = if typed.asks_for_shared() { typed.shared_bytes(&[]).unwrap_or(u64::MAX) as u32 } else { 0 };
    gpu.grant_shared(function, shared)?;
    let may_fail = text.matches("fw_error").count() > 1;
    let (table, errors) = gpu.tables();
    let merge = match may_fail {
        true => Some(Merge { function: gpu.function(MERGE, "merge")?, word: gpu.alloc(8)? }),
        false => None,
    };
    let running = Running { gpu, grid: grid.clone(), function, shared, table, errors, merge };
    running.clear()?;
    Ok(Arc::new(running))
}

struct Running {
    gpu: &'static Gpu,
    grid: Grid,
    function: Function,
    /// Bytes of shared memory that a launch gives each block.
    shared: u32,
    /// Where the argument table is.
    table: u64,
    errors: u64,
    merge: Option<Merge>,
}

/// A kernel that fails has a word of its own: block, thread and line. It goes to the run's error word behind it.
struct Merge {
    function: Function,
    word: u64,
}

const MERGE: &str = r#"
struct Errors { unsigned long long key; long long value; unsigned long long lock, failed_run, reserved[3], this_run; };
extern "C" __global__ void merge(unsigned long long* word, Errors* errors, unsigned long long check) {
    unsigned long long found = *word;
    if (found == 0xffffffffffffffffull) return;
    *word = 0xffffffffffffffffull;
    unsigned long long key = check << 44 | found >> 32;
    if (key < errors->key) {
        errors->key = key;
        errors->value = (long long)(found & 0xffffffffull);
        errors->failed_run = errors->this_run;
    }
}
"#;

impl Running {
    fn clear(&self) -> Result<()> {
        let Some(merge) = &self.merge else { return Ok(()) };
        // SAFETY: the word has 8 bytes.
        unsafe { memory::fill(self.gpu, merge.word, 0xff, 8) }
    }

    unsafe fn enqueue(&self, buffers: &[*mut u8]) -> Result<()> {
        let mut args: Vec<u64> = vec![];
        for param in &self.grid.params {
            let array = match param {
                GridParam::Scalar(slot) => {
                    args.push(self.table + 8 * u64::from(*slot));
                    continue;
                }
                GridParam::Array(array) => array,
            };
            let to = buffers[array.buffer as usize] as u64;
            // SAFETY: the caller gives buffers of the arrays' sizes; results overlap nothing but their own start.
            match array.start {
                Start::Zeros => unsafe { memory::fill(self.gpu, to, 0, array.bytes()) }?,
                Start::Copied(from) if buffers[from as usize] as u64 != to => {
                    unsafe { memory::copy(self.gpu, to, buffers[from as usize] as u64, array.bytes()) }?
                }
                Start::Given | Start::Arbitrary | Start::Copied(_) => {}
            }
            args.push(to);
        }
        let [x, y, z] = self.grid.grid.map(|n| n as u32);
        if x == 0 || y == 0 || z == 0 {
            return Ok(());
        }
        args.push(self.merge.as_ref().map_or(self.errors, |m| m.word));
        let shape = Shape { grid: [x, y, z], block: self.grid.block.map(|n| n as u32), shared: self.shared };
        // SAFETY: the arguments are the kernel's; its accesses are checked or vouched for by its author.
        unsafe { self.gpu.launch(self.function, shape, &args) }?;
        let Some(merge) = &self.merge else { return Ok(()) };
        let one = Shape { grid: [1; 3], block: [1; 3], shared: 0 };
        // SAFETY: the arguments are those of `merge`.
        unsafe { self.gpu.launch(merge.function, one, &[merge.word, self.errors, u64::from(self.grid.check.id)]) }
    }
}

impl Executable for Running {
    unsafe fn launch(&self, buffers: &[*mut u8], _: &[f64], errors: &ErrorWord) {
        // SAFETY: passed on.
        if let Err(e) = unsafe { self.enqueue(buffers) } {
            errors.break_with(e);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(merge) = &self.merge {
            // SAFETY: allocated in `compile`, and this launches no more.
            unsafe { self.gpu.free(merge.word) };
        }
    }
}
