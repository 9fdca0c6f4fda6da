//! Compiled kernels of a GPU: from text to a function that can be launched, through the cache on disk.

use super::gpu::{Gpu, said};
use super::{cache, nvrtc};
use crate::error::Result;
use cudarc::driver::{result, sys};
use formwork_ir::kernel::ir::SHARED_FIXED;
use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::sync::Mutex;

/// Functions by the key of their text. A module is never unloaded: a captured graph may use it.
#[derive(Default)]
pub(crate) struct Codes(Mutex<HashMap<String, Function>>);

/// A kernel that is ready to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function(sys::CUfunction);

// SAFETY: a handle of the driver, which may be used from any thread.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

/// How a kernel is launched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub grid: [u32; 3],
    pub block: [u32; 3],
    /// Bytes of dynamic shared memory.
    pub shared: u32,
}

impl Gpu {
    /// The kernel `entry` of `text`, compiled if it is neither loaded nor on disk.
    pub fn function(&self, text: &str, entry: &str) -> Result<Function> {
        let version = nvrtc::version()?;
        let version = format!("{}.{}", version.0, version.1);
        let flags = nvrtc::flags();
        let parts = [text, entry, &self.architecture, &version, &flags].map(str::as_bytes);
        let key = cache::key(&parts);
        if let Some(found) = self.codes.0.lock().unwrap_or_else(|e| e.into_inner()).get(&key) {
            return Ok(*found);
        }
        let kept = cache::load(&key).and_then(|code| self.load(&code, entry).ok());
        let function = match kept {
            Some(function) => function,
            None => {
                let started = std::time::Instant::now();
                let code = nvrtc::compile(text, &self.architecture)?;
                log::debug!("kernel `{entry}` compiled in {:?}", started.elapsed());
                cache::keep(&key, &code);
                self.load(&code, entry)?
            }
        };
        self.codes.0.lock().unwrap_or_else(|e| e.into_inner()).insert(key, function);
        Ok(function)
    }

    fn load(&self, cubin: &[u8], entry: &str) -> Result<Function> {
        let loading = |e| said(&format!("loading kernel `{entry}`"), e);
        let name = CString::new(entry).unwrap_or_default();
        // SAFETY: the image is whole (made by NVRTC, or checked by the cache) and read before this returns.
        let module = unsafe { result::module::load_data(cubin.as_ptr().cast()) }.map_err(loading)?;
        // SAFETY: the module is loaded.
        let function = unsafe { result::module::get_function(module, name) }.map_err(loading)?;
        Ok(Function(function))
    }

    /// Lets launches of a function give each block so many bytes of shared memory, if that is more than is had unasked.
    pub fn grant_shared(&self, function: Function, bytes: u32) -> Result<()> {
        if u64::from(bytes) <= SHARED_FIXED {
            return Ok(());
        }
        let most = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        // SAFETY: the function is loaded, and never unloaded.
        unsafe { result::function::set_function_attribute(function.0, most, bytes as i32) }
            .map_err(|e| said(&format!("a block with {bytes} bytes of shared memory"), e))
    }

    /// Enqueues a launch; each argument is the bytes of a value, in order.
    ///
    /// # Safety
    /// The arguments are those of the kernel, and pointers among them point at memory of the sizes that it uses.
    pub unsafe fn launch(&self, function: Function, shape: Shape, args: &[u64]) -> Result<()> {
        let mut pointers: smallvec::SmallVec<[*mut c_void; 16]> =
            args.iter().map(|a| std::ptr::from_ref(a).cast_mut().cast()).collect();
        let ([gx, gy, gz], [bx, by, bz]) = (shape.grid, shape.block);
        // SAFETY: the caller vouches for the arguments, which the driver copies before it returns.
        unsafe {
            result::launch_kernel(function.0, (gx, gy, gz), (bx, by, bz), shape.shared, self.stream, &mut pointers)
        }
        .map_err(|e| said(&format!("a launch of {:?} blocks of {:?} threads", shape.grid, shape.block), e))
    }
}
