//! Devices and their three verbs: allocate and copy, compile, launch.
//!
//! A device knows kernels ([`Kernel`]) and bytes ([`Buffer`]). It knows nothing of graphs, tensors,
//! gradients or plans, and no file below here contains an op's name.

mod buffer;
pub mod cpu;
#[cfg(feature = "cuda")]
pub mod cuda;
pub mod grid;
mod kernel;
mod lines;
mod variant;

pub use buffer::Buffer;
pub use kernel::{Contract, Conv2d, ConvMode, Fold, Kernel, Scan, ScanOp, Scatter, Sort};
pub(crate) use variant::Launch;
pub use variant::{Call, Host, Operand, Operands, OutputOperand, Spec, for_each};

use crate::error::{Error, Result};
use std::sync::{Arc, Mutex};

/// Where tensors live and kernels run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Device {
    /// The processor, all cores of [`cpu::threads`].
    #[default]
    Cpu,
    /// The NVIDIA GPU of this number.
    #[cfg(feature = "cuda")]
    Cuda(u8),
}

impl Device {
    /// The first GPU, or else the CPU; why it is the CPU is logged.
    pub fn best() -> Device {
        #[cfg(feature = "cuda")]
        let why = match Device::cuda(0) {
            Ok(gpu) => {
                log::info!("device: {gpu}");
                return gpu;
            }
            Err(e) => e.to_string(),
        };
        #[cfg(not(feature = "cuda"))]
        let why = NO_CUDA;
        log::info!("device: cpu ({} threads); no GPU: {why}", cpu::threads());
        Device::Cpu
    }

    /// GPU number `ordinal`.
    ///
    /// # Errors
    /// There is no such GPU, or a library that it needs is missing.
    #[cfg(feature = "cuda")]
    pub fn cuda(ordinal: u8) -> Result<Device> {
        cuda::open(ordinal)?;
        Ok(Device::Cuda(ordinal))
    }

    /// The CPU.
    pub fn cpu() -> Device {
        Device::Cpu
    }

    /// A number in plan keys for it and for what its kernels depend on beside the graph.
    pub(crate) fn tag(self) -> u64 {
        match self {
            Device::Cpu => 0,
            #[cfg(feature = "cuda")]
            Device::Cuda(ordinal) => 1 + ordinal as u64 + ((cuda::tf32() as u64) << 8),
        }
    }

    /// Makes `kernels` ready to run. Those from `guarded` on do nothing once a check of their run has failed.
    #[cfg_attr(not(feature = "cuda"), allow(unused_variables))] // The CPU asks between launches.
    pub(crate) fn compile(self, kernels: &[&Kernel], guarded: usize) -> Result<Vec<Arc<dyn Executable>>> {
        match self {
            // The evaluator asks between the launches.
            Device::Cpu => kernels.iter().map(|kernel| cpu::compile(kernel)).collect(),
            #[cfg(feature = "cuda")]
            Device::Cuda(ordinal) => cuda::compile(ordinal, kernels, guarded),
        }
    }

    /// Whether kernels of users are compiled from their typed form.
    pub(crate) fn compiles_typed(self) -> bool {
        self != Device::Cpu
    }

    /// Runs a plan on its memory. On the CPU it is done on return, on a GPU it is under way, and what fails is an error
    /// of the next look.
    pub(crate) fn run(self, run: Run<'_>) -> Result<()> {
        match self {
            Device::Cpu => cpu::run(run),
            #[cfg(feature = "cuda")]
            Device::Cuda(ordinal) => cuda::run(ordinal, run),
        }
    }

    /// Whether launches of this thread are timed one by one.
    pub(crate) fn is_profiled(self) -> bool {
        match self {
            Device::Cpu => false,
            #[cfg(feature = "cuda")]
            Device::Cuda(_) => cuda::is_profiled(),
        }
    }

    /// Notes the end of a launch for a profile.
    #[cfg_attr(not(feature = "cuda"), allow(unused_variables))] // Only a GPU has profiles.
    pub(crate) fn launched(self, name: impl FnOnce() -> String) {
        match self {
            Device::Cpu => {}
            #[cfg(feature = "cuda")]
            Device::Cuda(ordinal) => cuda::launched(ordinal, name),
        }
    }

    /// Waits until everything that was begun is done.
    ///
    /// # Errors
    /// What failed in it.
    pub(crate) fn finish(self) -> Result<()> {
        match self {
            Device::Cpu => Ok(()),
            #[cfg(feature = "cuda")]
            Device::Cuda(_) => cuda::synchronize(&self),
        }
    }
}

/// A plan and the memory that it runs on.
#[cfg_attr(not(feature = "cuda"), allow(dead_code))] // Only a GPU captures runs.
pub(crate) struct Run<'a> {
    /// What the device keeps with the plan from run to run.
    pub instances: &'a Mutex<Instances>,
    /// Of leaves, then of results.
    pub pointers: &'a [*mut u8],
    /// Bytes of each leaf.
    pub leaves: &'a [usize],
    /// Temporaries of this thread, for devices whose threads have their own.
    pub arena: &'a mut Option<Buffer>,
    pub arena_bytes: usize,
    /// The argument table.
    pub args: &'a [f64],
    /// What a failed check means, if the plan has any.
    pub report: Option<Report>,
    /// Whether there is enough work to share it among threads.
    pub parallel: bool,
    /// Whether a run that comes again may be captured.
    pub captured: bool,
    /// Launches everything, given the pointers and the start of the temporaries.
    pub launch: &'a (dyn Fn(&[*mut u8], *mut u8, &ErrorWord) + Sync),
}

/// What a failed check of a run means, and its own message if it has one.
pub(crate) type Report = Box<dyn Fn(Failure, Option<String>) -> Error + Send>;

/// What a device keeps with a plan from run to run.
#[cfg(feature = "cuda")]
pub(crate) type Instances = cuda::Instances;
/// What a device keeps with a plan from run to run.
#[cfg(not(feature = "cuda"))]
pub(crate) type Instances = ();

#[cfg(not(feature = "cuda"))]
const NO_CUDA: &str = "this build leaves the feature `cuda` out";

impl std::str::FromStr for Device {
    type Err = Error;

    /// `best`, `cpu`, `cuda` or `cuda:1`. A GPU is opened.
    fn from_str(name: &str) -> Result<Device> {
        let ordinal = match name {
            "best" => return Ok(Device::best()),
            "cpu" => return Ok(Device::Cpu),
            "cuda" => Some(0),
            other => other.strip_prefix("cuda:").and_then(|n| n.parse::<u8>().ok()),
        };
        let wrong = || Error::Setting {
            name: "device",
            found: format!("`{name}`"),
            expected: "`best`, `cpu`, `cuda` or `cuda:` and a number".into(),
        };
        let ordinal = ordinal.ok_or_else(wrong)?;
        #[cfg(feature = "cuda")]
        return Device::cuda(ordinal);
        #[cfg(not(feature = "cuda"))]
        Err(Error::Missing {
            what: format!("GPU {ordinal}"),
            expected: format!("{NO_CUDA}: build with it, or use `cpu`"),
        })
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            #[cfg(feature = "cuda")]
            Device::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
        }
    }
}

/// A compiled kernel.
pub(crate) trait Executable: Send + Sync {
    /// Runs the kernel to its end.
    ///
    /// # Safety
    /// `buffers[i]` points at the start of buffer `i` of the kernel, which holds every element that
    /// the kernel's accesses reach; written buffers are not read or written by anybody else, but
    /// that an output may be an input's buffer where both have the same access.
    unsafe fn launch(&self, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord);
}

/// What the first failed check of a launch saw: checks are ordered by number, then by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// Number of the check in the plan.
    pub check: u32,
    /// Number of the point of the kernel's space at which it failed.
    pub at: usize,
    /// The value that failed it (an index), or 0.
    pub value: i64,
}

/// What went wrong while kernels ran or were launched.
#[derive(Debug, Default)]
pub struct ErrorWord {
    failed: Mutex<Option<(Failure, Option<String>)>>,
    broken: Mutex<Option<Error>>,
}

impl ErrorWord {
    /// Notes a failure; the smallest one is kept, so that the word is the same whatever the threads did.
    pub fn report(&self, failure: Failure) {
        self.note(failure, None);
    }

    /// Notes a failure that has a message of its own.
    pub(crate) fn report_saying(&self, failure: Failure, message: String) {
        self.note(failure, Some(message));
    }

    fn note(&self, failure: Failure, message: Option<String>) {
        let mut word = self.failed.lock().unwrap_or_else(|e| e.into_inner());
        if word.as_ref().is_none_or(|w| failure < w.0) {
            *word = Some((failure, message));
        }
    }

    /// The failure and its own message, if there was one; the word is clear afterwards.
    pub fn take(&self) -> Option<(Failure, Option<String>)> {
        self.failed.lock().unwrap_or_else(|e| e.into_inner()).take()
    }

    /// Whether there was a failure.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.lock().unwrap_or_else(|e| e.into_inner()).is_some()
    }

    /// Notes that a launch could not be made; the first such error is kept.
    #[cfg(feature = "cuda")]
    pub(crate) fn break_with(&self, error: Error) {
        self.broken.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(error);
    }

    /// Whether a launch could not be made, and why.
    pub(crate) fn broken(&self) -> Option<Error> {
        self.broken.lock().unwrap_or_else(|e| e.into_inner()).take()
    }
}
