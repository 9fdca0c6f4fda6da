//! Memory of a device.

use super::Device;
#[cfg(feature = "cuda")]
use super::cuda;
use crate::dtype::Element;
use crate::error::{Error, Result};
use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes on a device, aligned to [`Buffer::ALIGN`]. Freed when dropped.
pub struct Buffer {
    device: Device,
    ptr: NonNull<u8>,
    bytes: usize,
    pooled: AtomicBool,
}

// SAFETY: a buffer is plain memory that belongs to no thread.
unsafe impl Send for Buffer {}
// SAFETY: through a shared reference only pointers are handed out; the evaluator orders kernels.
unsafe impl Sync for Buffer {}

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

impl Buffer {
    /// Every buffer, and every place in an arena, starts at a multiple of this.
    pub const ALIGN: usize = 64;

    /// Uninitialised memory of `bytes` bytes.
    pub(crate) fn alloc(device: Device, bytes: usize) -> Result<Buffer> {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        let pooled = AtomicBool::new(false);
        if bytes == 0 {
            // An empty tensor owns no memory.
            let ptr = NonNull::without_provenance(const { std::num::NonZero::new(Buffer::ALIGN).unwrap() });
            return Ok(Buffer { device, ptr, bytes, pooled });
        }
        #[cfg(feature = "cuda")]
        if let Device::Cuda(ordinal) = device {
            let at = cuda::Gpu::get(ordinal)?.alloc(bytes)?;
            let ptr = NonNull::new(at as *mut u8).ok_or(Error::OutOfMemory { device, bytes })?;
            return Ok(Buffer { device, ptr, bytes, pooled });
        }
        let out_of_memory = || Error::OutOfMemory { device, bytes };
        let layout = Layout::from_size_align(bytes, Buffer::ALIGN).map_err(|_| out_of_memory())?;
        // SAFETY: the layout's size is not zero.
        let ptr = NonNull::new(unsafe { alloc(layout) }).ok_or_else(out_of_memory)?;
        Ok(Buffer { device, ptr, bytes, pooled })
    }

    /// How many buffers this process has allocated so far.
    pub fn allocations() -> u64 {
        ALLOCATIONS.load(Ordering::Relaxed)
    }

    /// A new buffer that holds `data`.
    pub(crate) fn from_slice<E: Element>(device: Device, data: &[E]) -> Result<Buffer> {
        let buffer = Buffer::alloc(device, size_of_val(data))?;
        #[cfg(feature = "cuda")]
        if let Device::Cuda(ordinal) = device {
            // SAFETY: elements are plain bytes; the new buffer has as many.
            unsafe {
                let bytes = std::slice::from_raw_parts(data.as_ptr().cast(), size_of_val(data));
                cuda::memory::upload(cuda::Gpu::get(ordinal)?, buffer.ptr.as_ptr() as u64, bytes)?;
            }
            return Ok(buffer);
        }
        // SAFETY: both hold these bytes, and the new buffer overlaps nothing.
        unsafe { std::ptr::copy_nonoverlapping(data.as_ptr().cast(), buffer.ptr.as_ptr(), size_of_val(data)) };
        Ok(buffer)
    }

    /// A new buffer of `bytes` zero bytes.
    pub(crate) fn zeroed(device: Device, bytes: usize) -> Result<Buffer> {
        let buffer = Buffer::alloc(device, bytes)?;
        #[cfg(feature = "cuda")]
        if let Device::Cuda(ordinal) = device {
            // SAFETY: the buffer has as many bytes.
            unsafe { cuda::memory::fill(cuda::Gpu::get(ordinal)?, buffer.ptr.as_ptr() as u64, 0, bytes) }?;
            return Ok(buffer);
        }
        // SAFETY: the buffer holds `bytes` bytes.
        unsafe { buffer.ptr.as_ptr().write_bytes(0, bytes) };
        Ok(buffer)
    }

    /// Its first `len` elements, which kernels or `from_slice` wrote as `E`. Waits until they are written.
    pub(crate) fn read<E: Element>(&self, len: usize) -> Result<Vec<E>> {
        assert!(len * size_of::<E>() <= self.bytes);
        let mut data: Vec<E> = Vec::with_capacity(len);
        // SAFETY: the buffer holds `len` elements (a bool is written as 0 or 1), the vector has room.
        unsafe {
            self.copy_to(data.as_mut_ptr().cast(), len * size_of::<E>())?;
            data.set_len(len);
        }
        Ok(data)
    }

    /// # Safety
    /// `to` has room for `bytes`, and the buffer holds them.
    unsafe fn copy_to(&self, to: *mut u8, bytes: usize) -> Result<()> {
        match self.device {
            // SAFETY: passed on.
            Device::Cpu => unsafe { std::ptr::copy_nonoverlapping(self.ptr.as_ptr(), to, bytes) },
            #[cfg(feature = "cuda")]
            // SAFETY: passed on.
            Device::Cuda(ordinal) => unsafe {
                cuda::memory::download(cuda::Gpu::get(ordinal)?, to, self.ptr.as_ptr() as u64, bytes)?
            },
        }
        Ok(())
    }

    /// Its bytes, for saving.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        self.read::<u8>(self.bytes)
    }

    /// A copy on another device.
    pub(crate) fn to_device(&self, device: Device) -> Result<Buffer> {
        Buffer::from_slice(device, &self.to_bytes()?)
    }

    pub(crate) fn ptr(&self) -> *mut u8 {
        self.ptr.as_ptr()
    }

    /// Whether a plan holds it, to use it again.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pooled.load(Ordering::Relaxed)
    }

    pub(crate) fn set_pooled(&self, pooled: bool) {
        self.pooled.store(pooled, Ordering::Relaxed);
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn device(&self) -> Device {
        self.device
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        match self.device {
            #[cfg(feature = "cuda")]
            Device::Cuda(ordinal) => {
                if let Ok(gpu) = cuda::Gpu::get(ordinal) {
                    // SAFETY: allocated in `alloc`; what uses it was enqueued before, or holds the buffer.
                    unsafe { gpu.free(self.ptr.as_ptr() as u64) };
                }
            }
            // SAFETY: allocated in `alloc` with this layout.
            Device::Cpu => unsafe {
                dealloc(self.ptr.as_ptr(), Layout::from_size_align_unchecked(self.bytes, Buffer::ALIGN))
            },
        }
    }
}
