//! Convolutions by cuDNN. Its algorithm is chosen when a plan is made, among those that give the same bits each time.

mod cudnn;
mod plain;
#[cfg(test)]
mod tests;

pub(super) use cudnn::Handle;

use super::gpu::Gpu;
use super::memory;
use crate::device::{Conv2d, ConvMode, ErrorWord, Executable};
use crate::error::{Error, Result};
use cudnn::Convolution;
use formwork_ir::DType;
use std::sync::Arc;

/// Bytes of workspace that an algorithm may need.
const MAX_WORKSPACE: usize = 2 << 30;

/// Makes a convolution ready to run.
pub(super) fn compile(gpu: &'static Gpu, kernel: &Conv2d, guarded: bool) -> Result<Arc<dyn Executable>> {
    if !kernel.dtype.is_float() {
        return Err(Error::DType { op: "conv2d", expected: DType::F32, found: kernel.dtype });
    }
    let epilogue = kernel.epilogue.as_ref().map(|p| super::program::compile(gpu, p, guarded));
    Ok(Arc::new(Running { gpu, work: Work::new(gpu, kernel)?, epilogue: epilogue.transpose()? }))
}

struct Running {
    gpu: &'static Gpu,
    work: Work,
    epilogue: Option<Arc<dyn Executable>>,
}

enum Work {
    Nothing,
    /// A sum over nothing: the buffer, and bytes of zeros.
    Zeros(usize, usize),
    Library(Convolution, u64),
    /// What the library has no algorithm for.
    Plain(Arc<dyn Executable>),
}

/// The buffer that a convolution writes, and the elements of `[x, w, y]`.
fn operands(kernel: &Conv2d) -> (usize, [usize; 3]) {
    let Conv2d { n, c, h, w, o, kh, kw, oh, ow, groups, .. } = *kernel;
    let written = match kernel.mode {
        ConvMode::Forward => 2,
        ConvMode::Data => 0,
        ConvMode::Filter => 1,
    };
    (written, [n * c * h * w, o * (c / groups.max(1)) * kh * kw, n * o * oh * ow])
}

impl Work {
    fn new(gpu: &'static Gpu, kernel: &Conv2d) -> Result<Work> {
        let (written, elements) = operands(kernel);
        if elements[written] == 0 {
            return Ok(Work::Nothing);
        }
        if elements.contains(&0) {
            return Ok(Work::Zeros(written, elements[written] * kernel.dtype.size()));
        }
        let found = {
            let handle = gpu.cudnn()?.lock().unwrap_or_else(|e| e.into_inner());
            let room = |bytes: usize| bytes <= MAX_WORKSPACE && gpu.workspace(bytes).is_ok();
            Convolution::new(&handle, kernel, room)?
        };
        match found {
            Some(convolution) => {
                let workspace = gpu.workspace(convolution.workspace)?;
                Ok(Work::Library(convolution, workspace))
            }
            None => {
                log::debug!("cuDNN has no algorithm for {kernel:?}");
                Ok(Work::Plain(plain::stages(kernel).compile(gpu, false)?))
            }
        }
    }
}

impl Running {
    unsafe fn enqueue(&self, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord) -> Result<()> {
        let places = [buffers[0], buffers[1], buffers[2]].map(|b| b as u64);
        match &self.work {
            Work::Nothing => Ok(()),
            // SAFETY: the result has as many bytes.
            Work::Zeros(to, bytes) => unsafe { memory::fill(self.gpu, places[*to], 0, *bytes) },
            Work::Library(convolution, workspace) => {
                let handle = self.gpu.cudnn()?.lock().unwrap_or_else(|e| e.into_inner());
                // SAFETY: the caller gives buffers of the kernel's sizes; the workspace has as much as was asked for.
                unsafe { convolution.enqueue(&handle, places, *workspace) }
            }
            Work::Plain(plain) => {
                // SAFETY: passed on.
                unsafe { plain.launch(buffers, args, errors) };
                Ok(())
            }
        }
    }
}

impl Executable for Running {
    unsafe fn launch(&self, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord) {
        // SAFETY: passed on.
        if let Err(e) = unsafe { self.enqueue(buffers, args, errors) } {
            return errors.break_with(e);
        }
        if let Some(epilogue) = &self.epilogue {
            // SAFETY: passed on; its buffers are numbered as the kernel's.
            unsafe { epilogue.launch(buffers, args, errors) };
        }
    }
}
