//! What a user can ask of GPUs and their libraries.

use super::gpu::{self, Gpu, said};
use super::library::Library;
use super::nvrtc;
use crate::device::Device;
use crate::error::{Error, Result};
use cudarc::driver::{result, sys};

/// Whether there is a GPU that programs can use.
pub fn is_available() -> bool {
    gpu::count().is_ok_and(|n| n > 0) && Library::Nvrtc.is_present()
}

/// How many GPUs there are.
///
/// # Errors
/// There is no driver.
pub fn device_count() -> Result<usize> {
    gpu::count()
}

/// A GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Properties {
    pub device: Device,
    /// As `NVIDIA H100 80GB HBM3`.
    pub name: String,
    /// Compute capability: major and minor.
    pub capability: (i32, i32),
    pub multiprocessors: u32,
    /// Bytes of its memory.
    pub memory: usize,
}

impl std::fmt::Display for Properties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (major, minor) = self.capability;
        let gib = self.memory as f64 / (1u64 << 30) as f64;
        write!(
            f,
            "{}: {}, compute capability {major}.{minor}, {} multiprocessors, {gib:.0} GiB",
            self.device, self.name, self.multiprocessors
        )
    }
}

/// All GPUs.
///
/// # Errors
/// There is no driver, or what it says.
pub fn devices() -> Result<Vec<Properties>> {
    (0..gpu::count()?).map(|ordinal| properties(ordinal as u8)).collect()
}

fn properties(ordinal: u8) -> Result<Properties> {
    let asking = |e| said(&format!("asking GPU {ordinal}"), e);
    let device = result::device::get(ordinal as i32).map_err(asking)?;
    use sys::CUdevice_attribute as Of;
    // SAFETY: the device is valid.
    let attribute = |of| unsafe { result::device::get_attribute(device, of) }.map_err(asking);
    Ok(Properties {
        device: Device::Cuda(ordinal),
        name: result::device::get_name(device).map_err(asking)?,
        capability: (
            attribute(Of::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
            attribute(Of::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
        ),
        multiprocessors: attribute(Of::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)? as u32,
        // SAFETY: the device is valid.
        memory: unsafe { result::device::total_mem(device) }.map_err(asking)?,
    })
}

/// Bytes of a GPU's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// That no program uses.
    pub free: usize,
    pub total: usize,
    /// That values of this process hold now, temporaries of plans included.
    pub used: usize,
    /// The most that they held since the start or [`reset_peak_memory`].
    pub peak: usize,
}

/// The memory of `device`.
///
/// # Errors
/// It is no GPU, or what the driver says.
pub fn memory_info(device: &Device) -> Result<Memory> {
    let gpu = of(device)?;
    let (free, total) = result::mem_get_info().map_err(|e| said("asking for free memory", e))?;
    let arena = gpu.queue().arena.bytes() + gpu.workspace_bytes();
    let (used, peak) = pool(gpu)?;
    Ok(Memory { free, total, used: used + arena, peak: peak + arena })
}

/// Bytes that the pool of `gpu` has given out, now and at most.
fn pool(gpu: &Gpu) -> Result<(usize, usize)> {
    let asking = |e| said("asking for memory in use", e);
    // SAFETY: the device is valid, and the attributes are 64-bit numbers.
    unsafe {
        let pool = result::device::get_mem_pool(gpu.device).map_err(asking)?;
        let get = |of| {
            let mut bytes = 0u64;
            sys::cuMemPoolGetAttribute(pool, of, (&raw mut bytes).cast()).result().map(|()| bytes as usize)
        };
        use sys::CUmemPool_attribute as Of;
        let used = get(Of::CU_MEMPOOL_ATTR_USED_MEM_CURRENT).map_err(asking)?;
        Ok((used, get(Of::CU_MEMPOOL_ATTR_USED_MEM_HIGH).map_err(asking)?))
    }
}

/// Begins anew to look for the most memory in use on `device`.
///
/// # Errors
/// As [`memory_info`].
pub fn reset_peak_memory(device: &Device) -> Result<()> {
    let gpu = of(device)?;
    // SAFETY: the device is valid, and the attribute is a 64-bit number.
    unsafe {
        let pool = result::device::get_mem_pool(gpu.device).map_err(|e| said("memory in use", e))?;
        let mut zero = 0u64;
        let of = sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH;
        sys::cuMemPoolSetAttribute(pool, of, (&raw mut zero).cast()).result().map_err(|e| said("memory in use", e))
    }
}

/// Waits until everything that was begun on `device` is done.
///
/// # Errors
/// A check of values that failed in it, or what the driver says.
pub fn synchronize(device: &Device) -> Result<()> {
    let Device::Cuda(_) = device else { return Ok(()) };
    of(device)?.queue().numbers.check()
}

pub(super) fn of(device: &Device) -> Result<&'static Gpu> {
    match device {
        Device::Cuda(ordinal) => Gpu::get(*ordinal),
        other => Err(Error::Setting { name: "device", found: other.to_string(), expected: "a GPU, `cuda:0`".into() }),
    }
}

/// Versions of what is there, as `13.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Versions {
    /// The newest CUDA that the driver knows.
    pub driver: Option<String>,
    pub nvrtc: Option<String>,
    pub cublaslt: Option<String>,
    pub cudnn: Option<String>,
}

/// Versions of the libraries; none for one that is missing.
pub fn versions() -> Versions {
    let driver = || {
        Library::Cuda.need().ok()?;
        let mut version = 0;
        // SAFETY: the number is written.
        unsafe { sys::cuDriverGetVersion(&mut version) }.result().ok()?;
        Some(format!("{}.{}", version / 1000, version % 1000 / 10))
    };
    // SAFETY: the libraries are present; these functions take nothing.
    let cublaslt = || Library::CublasLt.is_present().then(|| unsafe { cudarc::cublaslt::sys::cublasLtGetVersion() });
    // SAFETY: as above.
    let cudnn = || Library::Cudnn.is_present().then(|| unsafe { cudarc::cudnn::sys::cudnnGetVersion() });
    Versions {
        driver: driver(),
        nvrtc: nvrtc::version().ok().map(|(major, minor)| format!("{major}.{minor}")),
        cublaslt: cublaslt().map(|v| format!("{}.{}.{}", v / 10000, v / 100 % 100, v % 100)),
        cudnn: cudnn().map(|v| format!("{}.{}.{}", v / 10000, v / 100 % 100, v % 100)),
    }
}

/// A point in the work of a GPU, for timing.
///
/// ```no_run
/// # use formwork_runtime::{Device, device::cuda::Event};
/// let device = Device::cuda(0)?;
/// let start = Event::record(&device)?;
/// // .. work ..
/// let end = Event::record(&device)?;
/// println!("{} ms", end.since(&start)?);
/// # Ok::<(), formwork_runtime::Error>(())
/// ```
pub struct Event {
    gpu: &'static Gpu,
    event: sys::CUevent,
}

impl Event {
    /// The point after everything that was begun on `device` so far.
    ///
    /// # Errors
    /// It is no GPU, or what the driver says.
    pub fn record(device: &Device) -> Result<Event> {
        let gpu = of(device)?;
        let event = result::event::create(sys::CUevent_flags::CU_EVENT_DEFAULT).map_err(|e| said("an event", e))?;
        let event = Event { gpu, event };
        // SAFETY: both are alive.
        unsafe { result::event::record(event.event, gpu.stream) }.map_err(|e| said("an event", e))?;
        Ok(event)
    }

    /// Milliseconds from `start` to here; waits until both are reached.
    ///
    /// # Errors
    /// What the driver says.
    pub fn since(&self, start: &Event) -> Result<f64> {
        self.gpu.make_current()?;
        // SAFETY: both are alive and recorded.
        unsafe {
            result::event::synchronize(self.event).map_err(|e| said("waiting for the GPU", e))?;
            result::event::elapsed(start.event, self.event).map(f64::from).map_err(|e| said("timing", e))
        }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: made in `record`, and used no more.
        let _ = self.gpu.make_current().map(|()| unsafe { result::event::destroy(self.event) });
    }
}
