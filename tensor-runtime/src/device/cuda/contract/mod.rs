//! Matrix products by cuBLASLt. Its algorithm is chosen when a plan is made; a launch passes addresses.

mod finish;
mod layout;
mod lt;
mod pack;
#[cfg(test)]
mod tests;

pub(super) use lt::Handle;

use super::gpu::Gpu;
use super::memory;
use crate::device::{Buffer, Contract, ErrorWord, Executable};
use crate::error::{Error, Result};
use finish::Form;
use layout::{Layout, Packing};
use lt::{Finish, Places, Product};
use pack::Packer;
use std::sync::Arc;

/// Bytes that the library may use while it runs, as NVIDIA advises for its newer GPUs.
pub(super) const WORKSPACE: usize = 32 << 20;

/// Makes a product ready to run.
pub(super) fn compile(gpu: &'static Gpu, kernel: &Contract, guarded: bool) -> Result<Arc<dyn Executable>> {
    if !kernel.dtype.is_float() {
        return Err(Error::DType { op: "contract", expected: formwork_ir::DType::F32, found: kernel.dtype });
    }
    // What is guarded may be left out, so it is a launch of its own.
    let form = if guarded { None } else { finish::form(kernel) };
    if let Some(form) = form
        && let Ok(running) = Running::new(gpu, kernel, form.finish, form)
    {
        return Ok(Arc::new(running));
    }
    let none = Form { finish: Finish::NONE, to: 0, bias: 0, addend: 0 };
    let mut running = Running::new(gpu, kernel, Finish::NONE, none)?;
    if let Some(program) = &kernel.epilogue {
        running.epilogue = Some(super::program::compile(gpu, program, guarded)?);
    }
    Ok(Arc::new(running))
}

struct Running {
    gpu: &'static Gpu,
    /// Bytes of an element.
    size: usize,
    work: Work,
    form: Form,
    workspace: u64,
    epilogue: Option<Arc<dyn Executable>>,
}

enum Work {
    Nothing,
    /// A sum over nothing: bytes of zeros.
    Zeros(usize),
    Products {
        /// Copies of `a` and `b`, and where they go.
        packs: [Option<(Packer, u64)>; 2],
        /// With the starts of their operands, in elements.
        calls: Vec<(Product, Vec<[isize; 3]>)>,
    },
}

impl Running {
    fn new(gpu: &'static Gpu, kernel: &Contract, finish: Finish, form: Form) -> Result<Running> {
        let size = kernel.dtype.size();
        let len = kernel.batch.iter().product::<usize>() * kernel.m * kernel.n;
        let running = |work, workspace| Running { gpu, size, work, form, workspace, epilogue: None };
        match (len, kernel.k) {
            (0, _) => return Ok(running(Work::Nothing, 0)),
            // An epilogue of the library's needs a product.
            (_, 0) if finish != Finish::NONE => return Err(Error::other("an epilogue of a sum over nothing")),
            (_, 0) => return Ok(running(Work::Zeros(len * size), 0)),
            _ => {}
        }
        let layout = Layout::of(kernel);
        let bytes = |p: &Option<Packing>| p.as_ref().map_or(0, |p| (p.len() * size).next_multiple_of(ALIGN));
        let room = layout.packed.each_ref().map(bytes);
        let workspace = gpu.workspace(WORKSPACE + room.iter().sum::<usize>())?;
        let mut at = workspace + WORKSPACE as u64;
        let mut packs = [None, None];
        for (i, packing) in layout.packed.iter().enumerate() {
            if let Some(packing) = packing {
                packs[i] = Some((Packer::new(gpu, packing, size)?, at));
                at += room[i] as u64;
            }
        }
        let matrices = [&layout.a, &layout.b, &layout.c];
        let mut calls = vec![];
        for part in layout.calls {
            let aligned = std::array::from_fn(|i| {
                let step = if part.batch > 1 { matrices[i].step } else { 0 };
                alignment(part.starts.iter().map(|s| s[i]).chain([step]), size)
            });
            let product = Product::new(gpu, kernel.dtype, matrices, part.batch, aligned, finish, WORKSPACE)?;
            calls.push((product, part.starts));
        }
        Ok(running(Work::Products { packs, calls }, workspace))
    }

    unsafe fn enqueue(&self, buffers: &[*mut u8]) -> Result<()> {
        let gpu = self.gpu;
        let (packs, calls) = match &self.work {
            Work::Nothing => return Ok(()),
            // SAFETY: the result has as many bytes.
            Work::Zeros(bytes) => return unsafe { memory::fill(gpu, buffers[0] as u64, 0, *bytes) },
            Work::Products { packs, calls } => (packs, calls),
        };
        let mut operands = [buffers[1] as u64, buffers[2] as u64];
        for (operand, pack) in operands.iter_mut().zip(packs) {
            if let Some((packer, to)) = pack {
                // SAFETY: the caller gives operands of the kernel's sizes; the workspace was made for the copies.
                unsafe { packer.enqueue(gpu, *to, *operand) }?;
                *operand = *to;
            }
        }
        let [a, b] = operands;
        let (c, addend) = (buffers[self.form.to] as u64, buffers[self.form.addend] as u64);
        let bias = buffers[self.form.bias] as u64;
        let size = self.size as i64;
        for (product, starts) in calls {
            for start in starts {
                let [in_a, in_b, in_c] = start.map(|s| s as i64 * size);
                let at = Places {
                    a: a.wrapping_add_signed(in_a),
                    b: b.wrapping_add_signed(in_b),
                    c: c.wrapping_add_signed(in_c),
                    addend: addend.wrapping_add_signed(in_c),
                    bias,
                    workspace: self.workspace,
                };
                // SAFETY: the places are those of the layout; launches are made under the queue's lock.
                unsafe { product.enqueue(gpu, at) }?;
            }
        }
        Ok(())
    }
}

impl Executable for Running {
    unsafe fn launch(&self, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord) {
        // SAFETY: passed on.
        if let Err(e) = unsafe { self.enqueue(buffers) } {
            return errors.break_with(e);
        }
        if let Some(epilogue) = &self.epilogue {
            // SAFETY: passed on; its buffers are numbered as the kernel's.
            unsafe { epilogue.launch(buffers, args, errors) };
        }
    }
}

/// What buffers, and copies in the workspace, start at multiples of.
const ALIGN: usize = Buffer::ALIGN;

/// The largest power of two, up to [`ALIGN`], that divides the bytes before each of these elements.
fn alignment(elements: impl Iterator<Item = isize>, size: usize) -> usize {
    elements.fold(ALIGN, |least, at| match at.unsigned_abs() * size {
        0 => least,
        bytes => least.min(1 << bytes.trailing_zeros()),
    })
}
