//! A GPU: its context, its one stream, its memory and what was compiled for it. All work goes to one stream in the order
//! in which it is asked for, so memory may be freed and used again without waiting.

use super::arena::Arena;
use super::code::Codes;
use super::library::Library;
use super::numbers::Numbers;
use super::{contract, conv2d};
use crate::device::Device;
use crate::error::{Error, Result};
use cudarc::driver::{result, sys};
use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, OnceLock};

/// GPUs of a machine that are known at most.
pub(crate) const MAX_GPUS: usize = 16;

/// A GPU that is open until the process ends.
pub(crate) struct Gpu {
    pub ordinal: u8,
    pub device: sys::CUdevice,
    pub context: sys::CUcontext,
    pub stream: sys::CUstream,
    /// `sm_90`: what kernels are compiled for.
    pub architecture: String,
    pub multiprocessors: u32,
    pub codes: Codes,
    /// Where the argument table and the error word are.
    tables: (u64, u64),
    queue: Mutex<Queue>,
    /// What a launch uses until the next one, cuBLASLt's and cuDNN's included. It grows while plans are made.
    workspace: Mutex<Arena>,
    cublaslt: OnceLock<Result<contract::Handle>>,
    cudnn: OnceLock<Result<Mutex<conv2d::Handle>>>,
}

/// What belongs to whoever enqueues a run.
pub(crate) struct Queue {
    /// Temporaries of every plan.
    pub arena: Arena,
    /// The argument table and the error word on the device.
    pub numbers: Numbers,
}

// SAFETY: handles of the driver may be used from any thread; the queue has a lock.
unsafe impl Send for Gpu {}
// SAFETY: as above.
unsafe impl Sync for Gpu {}

/// What the driver says went wrong while `action` was tried.
pub(crate) fn said(action: &str, error: result::DriverError) -> Error {
    let text = |found: std::result::Result<&std::ffi::CStr, _>| {
        found.map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let reason = format!("{} ({})", text(error.error_string()), text(error.error_name()));
    Error::Device { action: action.into(), reason }
}

static GPUS: [OnceLock<Result<Gpu>>; MAX_GPUS] = [const { OnceLock::new() }; MAX_GPUS];

thread_local! {
    /// The GPU whose context this thread uses, counted from 1.
    static CURRENT: Cell<u8> = const { Cell::new(0) };
}

/// How many GPUs there are; none without a driver.
pub(crate) fn count() -> Result<usize> {
    static COUNT: OnceLock<Result<usize>> = OnceLock::new();
    let count = COUNT.get_or_init(|| {
        Library::Cuda.need()?;
        result::init().map_err(|e| said("the CUDA driver's start", e))?;
        let count = result::device::get_count().map_err(|e| said("counting GPUs", e))?;
        Ok((count.max(0) as usize).min(MAX_GPUS))
    });
    count.clone()
}

impl Gpu {
    /// GPU number `ordinal`, opened if need be, its context current on this thread.
    ///
    /// # Errors
    /// No driver, no such GPU, or what the driver says.
    pub fn get(ordinal: u8) -> Result<&'static Gpu> {
        let missing = |found: usize| Error::Missing {
            what: format!("GPU {ordinal}"),
            expected: match found {
                0 => "no GPU was found: look at `nvidia-smi`, or use `--device cpu`".into(),
                1 => "one GPU was found: use `cuda:0`".into(),
                n => format!("{n} GPUs were found: use `cuda:0` to `cuda:{}`", n - 1),
            },
        };
        let cell = GPUS.get(ordinal as usize).ok_or_else(|| missing(count().unwrap_or(0)))?;
        let opened = cell.get_or_init(|| {
            let count = count()?;
            if ordinal as usize >= count {
                return Err(missing(count));
            }
            Gpu::open(ordinal)
        });
        let gpu = opened.as_ref().map_err(Error::clone)?;
        gpu.make_current()?;
        Ok(gpu)
    }

    fn open(ordinal: u8) -> Result<Gpu> {
        let opening = |e| said(&format!("opening GPU {ordinal}"), e);
        let device = result::device::get(ordinal as i32).map_err(opening)?;
        // SAFETY: the device is valid; its primary context is kept until the process ends.
        let context = unsafe { result::primary_ctx::retain(device) }.map_err(opening)?;
        // SAFETY: as above.
        unsafe { result::ctx::set_current(context) }.map_err(opening)?;
        CURRENT.set(ordinal + 1);
        let stream = result::stream::create(result::stream::StreamKind::NonBlocking).map_err(opening)?;
        // SAFETY: the device is valid.
        let attribute = |of| unsafe { result::device::get_attribute(device, of) }.map_err(opening);
        use sys::CUdevice_attribute as Of;
        let major = attribute(Of::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
        let minor = attribute(Of::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
        let multiprocessors = attribute(Of::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)? as u32;
        keep_freed_memory(device).map_err(opening)?;
        log::info!("GPU {ordinal}: compute capability {major}.{minor}, {multiprocessors} multiprocessors");
        let queue = Queue { arena: Arena::new(device)?, numbers: Numbers::new(stream)? };
        let tables = (queue.numbers.table(), queue.numbers.errors());
        Ok(Gpu {
            ordinal,
            device,
            context,
            stream,
            architecture: format!("sm_{major}{minor}"),
            multiprocessors,
            codes: Codes::default(),
            tables,
            queue: Mutex::new(queue),
            workspace: Mutex::new(Arena::new(device)?),
            cublaslt: OnceLock::new(),
            cudnn: OnceLock::new(),
        })
    }

    /// Makes its context this thread's.
    pub fn make_current(&self) -> Result<()> {
        if CURRENT.get() != self.ordinal + 1 {
            // SAFETY: the context lives until the process ends.
            unsafe { result::ctx::set_current(self.context) }.map_err(|e| said("choosing a GPU", e))?;
            CURRENT.set(self.ordinal + 1);
        }
        Ok(())
    }

    /// The right to enqueue a run.
    pub fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Where `bytes` bytes are that any launch may use while it runs. They stay there, whatever is asked for later.
    pub fn workspace(&self, bytes: usize) -> Result<u64> {
        self.workspace.lock().unwrap_or_else(|e| e.into_inner()).ensure(bytes)
    }

    /// Bytes of all workspaces.
    pub fn workspace_bytes(&self) -> usize {
        self.workspace.lock().unwrap_or_else(|e| e.into_inner()).bytes()
    }

    /// cuBLASLt for this GPU, whose context is current.
    pub fn cublaslt(&self) -> Result<contract::Handle> {
        self.cublaslt.get_or_init(contract::Handle::new).clone()
    }

    /// Where the argument table and the error word are.
    pub fn tables(&self) -> (u64, u64) {
        self.tables
    }

    /// cuDNN for this GPU and its stream. The context is current.
    pub fn cudnn(&self) -> Result<&Mutex<conv2d::Handle>> {
        let handle = self.cudnn.get_or_init(|| conv2d::Handle::new(self.stream).map(Mutex::new));
        handle.as_ref().map_err(Error::clone)
    }

    /// `bytes` bytes of any content.
    pub fn alloc(&self, bytes: usize) -> Result<u64> {
        // SAFETY: the stream is alive; what is allocated is used on it alone.
        match unsafe { result::malloc_async(self.stream, bytes) } {
            Ok(at) => Ok(at),
            Err(e) if e.0 == sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => {
                Err(Error::OutOfMemory { device: Device::Cuda(self.ordinal), bytes })
            }
            Err(e) => Err(said("getting memory", e)),
        }
    }

    /// Gives memory back once everything enqueued so far is done.
    ///
    /// # Safety
    /// `at` came from [`Gpu::alloc`] of this GPU and nothing that is enqueued later uses it.
    pub unsafe fn free(&self, at: u64) {
        if self.make_current().is_ok() {
            // SAFETY: passed on.
            let _ = unsafe { result::free_async(at, self.stream) };
        }
    }
}

/// Keeps memory that was freed for the next who asks.
fn keep_freed_memory(device: sys::CUdevice) -> std::result::Result<(), result::DriverError> {
    // SAFETY: the device is valid, and the attribute is a 64-bit number.
    unsafe {
        let pool = result::device::get_mem_pool(device)?;
        let attribute = sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
        let mut all = u64::MAX;
        sys::cuMemPoolSetAttribute(pool, attribute, (&raw mut all).cast()).result()
    }
}
