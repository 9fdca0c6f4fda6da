//! Values on a GPU: to there, from there.

use super::gpu::{Gpu, said};
use crate::error::Result;
use cudarc::driver::result;

/// Copies `from` to `to`; returns when `from` may be used again.
///
/// # Safety
/// `to` is memory of this GPU with as many bytes.
pub(crate) unsafe fn upload(gpu: &Gpu, to: u64, from: &[u8]) -> Result<()> {
    let _queue = gpu.queue();
    // SAFETY: passed on. Memory that is not pinned is read before this returns.
    unsafe { result::memcpy_htod_async(to, from, gpu.stream) }.map_err(|e| said("a copy to the GPU", e))
}

/// Copies from `from` once everything enqueued so far is done.
///
/// # Safety
/// `from` is memory of this GPU with `bytes` bytes, `to` has room for them.
///
/// # Errors
/// A check that failed in what was enqueued, or what the driver says.
pub(crate) unsafe fn download(gpu: &Gpu, to: *mut u8, from: u64, bytes: usize) -> Result<()> {
    let mut queue = gpu.queue();
    // SAFETY: passed on; any bytes are bytes.
    let to = unsafe { std::slice::from_raw_parts_mut(to, bytes) };
    // SAFETY: passed on; `check` waits.
    unsafe { result::memcpy_dtoh_async(to, from, gpu.stream) }.map_err(|e| said("a copy from the GPU", e))?;
    queue.numbers.check()
}

/// Fills `bytes` bytes with `byte`.
///
/// # Safety
/// `to` is memory of this GPU with as many bytes.
pub(crate) unsafe fn fill(gpu: &Gpu, to: u64, byte: u8, bytes: usize) -> Result<()> {
    // SAFETY: passed on.
    unsafe { result::memset_d8_async(to, byte, bytes, gpu.stream) }.map_err(|e| said("filling memory of the GPU", e))
}

/// Copies within the GPU.
///
/// # Safety
/// Both are memory of this GPU with as many bytes, and do not overlap.
pub(crate) unsafe fn copy(gpu: &Gpu, to: u64, from: u64, bytes: usize) -> Result<()> {
    // SAFETY: passed on.
    unsafe { result::memcpy_dtod_async(to, from, bytes, gpu.stream) }.map_err(|e| said("a copy within the GPU", e))
}
