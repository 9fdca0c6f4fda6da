//! A GPU: memory, modules, launches and their time.

use std::ffi::{CString, c_void};
use std::sync::Arc;

use cudarc::driver::{CudaContext, result, sys};
use formwork_ir::kernel::ir::{Kernel, SHARED_FIXED};

/// The first GPU.
pub struct Gpu {
    context: Arc<CudaContext>,
}

/// Memory of a GPU; freed when dropped.
pub struct Memory {
    pub ptr: sys::CUdeviceptr,
    pub bytes: usize,
}

/// A kernel that is ready to run.
pub struct Entry {
    module: sys::CUmodule,
    function: sys::CUfunction,
}

/// How a kernel is launched.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub grid: [u32; 3],
    pub block: [u32; 3],
    /// Bytes of shared memory that the launch gives a block.
    pub shared: u32,
}

impl Shape {
    /// Of a launch with these run-time dims.
    pub fn of(kernel: &Kernel, dims: &[u64]) -> Shape {
        let grid = kernel.grid.each_ref().map(|g| g.eval(dims).unwrap_or(0) as u32);
        let shared = if kernel.asks_for_shared() { kernel.shared_bytes(dims).unwrap_or(0) as u32 } else { 0 };
        Shape { grid, block: kernel.block, shared }
    }
}

type Result<T> = std::result::Result<T, String>;

fn said<T>(what: &str, result: std::result::Result<T, cudarc::driver::DriverError>) -> Result<T> {
    result.map_err(|e| format!("{what}: {e:?}"))
}

impl Gpu {
    /// The first GPU, or why there is none.
    pub fn open() -> Result<Gpu> {
        // SAFETY: the driver's library has no initialiser that could break anything here.
        if !unsafe { sys::is_culib_present() } {
            return Err("there is no CUDA driver (libcuda)".into());
        }
        let context = said("the first GPU cannot be opened", CudaContext::new(0))?;
        Ok(Gpu { context })
    }

    /// Its name and compute capability.
    pub fn name(&self) -> String {
        let name = self.context.name().unwrap_or_default();
        let (major, minor) = self.context.compute_capability().unwrap_or_default();
        format!("{name}, sm_{major}{minor}")
    }

    pub fn alloc(&self, bytes: usize) -> Result<Memory> {
        // SAFETY: the context is current on this thread since `open`.
        let ptr = said("no memory", unsafe { result::malloc_sync(bytes.max(16)) })?;
        Ok(Memory { ptr, bytes })
    }

    pub fn upload(&self, bytes: &[u8]) -> Result<Memory> {
        let memory = self.alloc(bytes.len())?;
        // SAFETY: the memory holds as many bytes.
        said("a copy to the GPU failed", unsafe { result::memcpy_htod_sync(memory.ptr, bytes) })?;
        Ok(memory)
    }

    pub fn download(&self, memory: &Memory) -> Result<Vec<u8>> {
        let mut bytes = vec![0u8; memory.bytes];
        // SAFETY: as many bytes are there.
        said("a copy from the GPU failed", unsafe { result::memcpy_dtoh_sync(&mut bytes, memory.ptr) })?;
        Ok(bytes)
    }

    /// The kernel `name` of machine code.
    pub fn load(&self, cubin: &[u8], name: &str) -> Result<Entry> {
        let name = CString::new(name).map_err(|e| e.to_string())?;
        // SAFETY: `cubin` is an image that NVRTC made, and is read before this returns.
        let module = said("the code cannot be loaded", unsafe { result::module::load_data(cubin.as_ptr().cast()) })?;
        // SAFETY: the module is loaded.
        let function = said("no such kernel", unsafe { result::module::get_function(module, name) })?;
        Ok(Entry { module, function })
    }

    /// Launches a kernel; each argument is the bytes of a value.
    ///
    /// # Safety
    /// The arguments are those of the kernel, and pointers among them point at memory of the sizes that it uses.
    pub unsafe fn launch(&self, entry: &Entry, shape: Shape, args: &[Vec<u8>]) -> Result<()> {
        let mut pointers: Vec<*mut c_void> = args.iter().map(|a| a.as_ptr().cast_mut().cast()).collect();
        let [gx, gy, gz] = shape.grid;
        let [bx, by, bz] = shape.block;
        if u64::from(shape.shared) > SHARED_FIXED {
            let most = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // SAFETY: the function is loaded.
            let set = unsafe { result::function::set_function_attribute(entry.function, most, shape.shared as i32) };
            said("so much shared memory is not to be had", set)?;
        }
        let (grid, block, stream) = ((gx, gy, gz), (bx, by, bz), std::ptr::null_mut());
        // SAFETY: the caller vouches for the arguments, which live until the call returns.
        let launched =
            unsafe { result::launch_kernel(entry.function, grid, block, shape.shared, stream, &mut pointers) };
        said("the launch failed", launched)
    }

    /// Waits for what was launched.
    pub fn synchronize(&self) -> Result<()> {
        said("a kernel failed", result::ctx::synchronize())
    }

    /// Milliseconds of each of `rounds` calls of `work`, which launches kernels.
    pub fn time(&self, rounds: usize, mut work: impl FnMut() -> Result<()>) -> Result<Vec<f64>> {
        let flags = sys::CUevent_flags::CU_EVENT_DEFAULT;
        let (start, end) = (said("event", result::event::create(flags))?, said("event", result::event::create(flags))?);
        let stream = std::ptr::null_mut();
        let mut times = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            // SAFETY: both events and the stream are alive.
            said("event", unsafe { result::event::record(start, stream) })?;
            work()?;
            // SAFETY: as above.
            said("event", unsafe { result::event::record(end, stream) })?;
            // SAFETY: as above.
            said("event", unsafe { result::event::synchronize(end) })?;
            // SAFETY: as above; both were recorded.
            times.push(said("event", unsafe { result::event::elapsed(start, end) })? as f64);
        }
        // SAFETY: made above, and used no more.
        let _ = unsafe { (result::event::destroy(start), result::event::destroy(end)) };
        Ok(times)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated in `alloc`, and no kernel is under way: downloads and `synchronize` wait.
        let _ = unsafe { result::free_sync(self.ptr) };
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: loaded in `load`.
        let _ = unsafe { result::module::unload(self.module) };
    }
}
