//! Devices and their three verbs: allocate and copy, compile, launch.
//!
//! A device knows kernels ([`Kernel`]) and bytes ([`Buffer`]). It knows nothing of graphs, tensors,
//! gradients or plans, and no file below here contains an op's name.

mod buffer;
pub mod cpu;
pub mod grid;
mod kernel;
mod variant;

pub use buffer::Buffer;
pub use kernel::{Contract, Conv2d, ConvMode, Fold, Kernel, Scan, ScanOp, Scatter, Sort};
pub use variant::{Call, Operand, Operands, OutputOperand, Spec, Variant, for_each, offer, variants};
pub(crate) use variant::{Launch, find};

use crate::error::Result;
use std::sync::{Arc, Mutex};

/// Where tensors live and kernels run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Device {
    /// The processor, all cores of [`cpu::threads`].
    #[default]
    Cpu,
}

impl Device {
    /// The first GPU, or else the CPU.
    pub fn best() -> Device {
        log::info!("device: cpu ({} threads); this build has no GPU backend", cpu::threads());
        Device::Cpu
    }

    /// The CPU.
    pub fn cpu() -> Device {
        Device::Cpu
    }

    /// A number for it in plan keys.
    pub(crate) fn tag(self) -> u64 {
        match self {
            Device::Cpu => 0,
        }
    }

    /// Makes `kernel` ready to run.
    pub(crate) fn compile(self, kernel: &Kernel) -> Result<Arc<dyn Executable>> {
        match self {
            Device::Cpu => cpu::compile(kernel),
        }
    }

    /// Runs `work`, which launches kernels, where this device wants launches to come from.
    pub(crate) fn enter<R>(self, parallel: bool, work: impl FnOnce() -> R) -> R {
        match self {
            Device::Cpu => cpu::enter(parallel, work),
        }
    }
}

impl std::str::FromStr for Device {
    type Err = crate::error::Error;

    /// `best` or `cpu`.
    fn from_str(name: &str) -> Result<Device> {
        match name {
            "best" => Ok(Device::best()),
            "cpu" => Ok(Device::Cpu),
            "cuda" => Err(crate::error::Error::Setting {
                name: "device",
                found: "cuda, which this build has no backend for".into(),
                expected: "`best` or `cpu`".into(),
            }),
            other => Err(crate::error::Error::Setting {
                name: "device",
                found: format!("`{other}`"),
                expected: "`best` or `cpu`".into(),
            }),
        }
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
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

/// The device's word for value errors found while kernels run.
#[derive(Debug, Default)]
pub struct ErrorWord(Mutex<Option<(Failure, Option<String>)>>);

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
        let mut word = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if word.as_ref().is_none_or(|w| failure < w.0) {
            *word = Some((failure, message));
        }
    }

    /// The failure and its own message, if there was one; the word is clear afterwards.
    pub fn take(&self) -> Option<(Failure, Option<String>)> {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).take()
    }
}
