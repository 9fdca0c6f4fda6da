//! Fused programs on a GPU: scheduled as typed kernels, compiled, launched one after the other.

use super::code::{Function, Shape};
use super::gpu::Gpu;
use crate::device::{ErrorWord, Executable};
use crate::error::Result;
use formwork_ir::Program;
use formwork_ir::kernel::cuda;
use formwork_ir::schedule::{ParamSource, Target, schedule};
use std::sync::Arc;

/// Makes a program ready to run.
pub(super) fn compile(gpu: &'static Gpu, program: &Program, guarded: bool) -> Result<Arc<dyn Executable>> {
    let target = Target { multiprocessors: gpu.multiprocessors, ..Target::H100 };
    let schedule = schedule(program, &target, guarded);
    let scratch = gpu.workspace(schedule.scratch)?;
    let (table, errors) = gpu.tables();
    let address = |source: &ParamSource| match source {
        ParamSource::Buffer(i) => Address::Buffer(*i),
        ParamSource::Scratch { offset } => Address::Fixed(scratch + *offset as u64),
        ParamSource::Args => Address::Fixed(table),
        ParamSource::Guard => Address::Fixed(errors),
    };
    let header = cuda::header();
    let launches = schedule.launches.iter().map(|launch| {
        let text = format!("{header}{}", cuda::emit(&launch.kernel, ENTRY));
        let mut params: Vec<Address> = launch.params.iter().map(address).collect();
        // The word of a kernel of the user's own, which a program does not use.
        params.push(Address::Fixed(errors));
        let kernel = &launch.kernel;
        let shared = if kernel.asks_for_shared() { kernel.shared_bytes(&[]).unwrap_or(0) as u32 } else { 0 };
        let shape = Shape { grid: launch.grid, block: kernel.block, shared };
        let function = gpu.function(&text, ENTRY)?;
        gpu.grant_shared(function, shared)?;
        Ok(Launch { function, shape, params })
    });
    Ok(Arc::new(Running { gpu, launches: launches.collect::<Result<_>>()? }))
}

const ENTRY: &str = "program";

struct Running {
    gpu: &'static Gpu,
    launches: Vec<Launch>,
}

struct Launch {
    function: Function,
    shape: Shape,
    params: Vec<Address>,
}

enum Address {
    Buffer(u32),
    Fixed(u64),
}

impl Executable for Running {
    unsafe fn launch(&self, buffers: &[*mut u8], _: &[f64], errors: &ErrorWord) {
        for launch in &self.launches {
            let address = |param: &Address| match param {
                Address::Buffer(i) => buffers[*i as usize] as u64,
                Address::Fixed(at) => *at,
            };
            let args: smallvec::SmallVec<[u64; 16]> = launch.params.iter().map(address).collect();
            // SAFETY: the schedule names what its kernels read and write, and the caller gives buffers of that size.
            if let Err(e) = unsafe { self.gpu.launch(launch.function, launch.shape, &args) } {
                errors.break_with(e);
            }
        }
    }
}
