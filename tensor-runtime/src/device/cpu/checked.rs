//! Checked launches: a kernel of blocks runs on the reference interpreter, and what that finds is an error.

use crate::device::grid::{Grid, GridParam, Start};
use crate::device::{ErrorWord, Executable, Failure};
use formwork_ir::Scalar;
use formwork_ir::kernel::interp::{self, Check};
use formwork_ir::kernel::ir::{Kernel, Param};
use std::sync::Arc;

/// A kernel and its typed form.
pub(super) struct Checked {
    pub grid: Grid,
    pub kernel: Arc<Kernel>,
}

impl Executable for Checked {
    unsafe fn launch(&self, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord) {
        // Copies: one buffer may be several arguments.
        let mut arrays: Vec<Vec<u8>> = vec![];
        let mut scalars = vec![];
        for (param, typed) in self.grid.params.iter().zip(&self.kernel.params) {
            match param {
                GridParam::Scalar(slot) => scalars.push(self.scalar(typed, args[*slot as usize])),
                GridParam::Array(array) => {
                    let from = match array.start {
                        Start::Copied(from) => from,
                        _ => array.buffer,
                    };
                    let mut bytes = vec![0; array.bytes()];
                    if matches!(array.start, Start::Given | Start::Copied(_)) {
                        // SAFETY: the caller gives buffers of the arrays' sizes.
                        unsafe { buffers[from as usize].copy_to(bytes.as_mut_ptr(), bytes.len()) };
                    }
                    arrays.push(bytes);
                }
            }
        }
        let launch =
            interp::Launch { arrays: arrays.iter_mut().map(Vec::as_mut_slice).collect(), scalars, dims: vec![] };
        let found = interp::run(&self.kernel, launch, Check::On);
        let is_array = |p: &&GridParam| matches!(p, GridParam::Array(_));
        for (param, bytes) in self.grid.params.iter().filter(is_array).zip(&arrays) {
            if let GridParam::Array(array) = param
                && array.start != Start::Given
            {
                // SAFETY: as above; results are the launch's own.
                unsafe { buffers[array.buffer as usize].copy_from(bytes.as_ptr(), bytes.len()) };
            }
        }
        if let Err(findings) = found {
            let count = match findings.len() {
                1 => "a mistake".to_string(),
                n => format!("{n} mistakes"),
            };
            let list: Vec<String> = findings.iter().map(|f| format!("\n  {f}")).collect();
            let message = format!("{count} found by checked mode:{}\n", list.concat());
            errors.report_saying(Failure { check: self.grid.check.id, at: 0, value: 0 }, message);
        }
    }
}

impl Checked {
    fn scalar(&self, param: &Param, x: f64) -> Scalar {
        match param {
            Param::Scalar(var) if self.kernel.body.variable(*var).ty.is_float() => Scalar::Float(x),
            _ => Scalar::Int(x.to_bits() as i64),
        }
    }
}
