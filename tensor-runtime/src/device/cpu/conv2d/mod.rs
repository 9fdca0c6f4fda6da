//! 2-d convolution: images laid out in zero-padded planes that a thread keeps in scratch, which
//! the tiles of `contract` read in place. Forward and data mode are one loop over taps; filter mode
//! sums over groups of images. No column matrix of a whole image is ever made, and tasks are cut by
//! shape alone. Knows nothing of ops.

mod columns;
mod correlate;
mod filter;
mod planes;
#[cfg(test)]
mod tests;
mod window;

use super::contract::{Micro, Real, Stored};
use crate::device::{Conv2d, ConvMode, Executable};
use crate::error::{Error, Result};
use columns::Columns;
use correlate::Correlation;
use filter::FilterGradient;
use formwork_ir::DType;
use std::sync::Arc;

/// Makes a convolution ready to run.
pub(super) fn compile(kernel: &Conv2d) -> Result<Arc<dyn Executable>> {
    match kernel.dtype {
        DType::F32 => of::<f32>(kernel, f32::micros()[0]),
        DType::F64 => of::<f64>(kernel, f64::micros()[0]),
        DType::F16 => of::<half::f16>(kernel, f32::micros()[0]),
        DType::BF16 => of::<half::bf16>(kernel, f32::micros()[0]),
        found => Err(Error::DType { op: "conv2d", expected: DType::F32, found }),
    }
}

fn of<S: Stored>(kernel: &Conv2d, micro: &'static Micro<S::Sum>) -> Result<Arc<dyn Executable>> {
    Ok(match kernel.mode {
        ConvMode::Filter => Arc::new(FilterGradient::<S>::new(kernel, micro)),
        ConvMode::Data if Columns::<S>::fit(kernel) => Arc::new(Columns::<S>::new(kernel, micro)),
        ConvMode::Forward | ConvMode::Data => Arc::new(Correlation::<S>::new(kernel, micro)?),
    })
}
