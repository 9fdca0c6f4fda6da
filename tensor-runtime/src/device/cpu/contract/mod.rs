//! Batched matrix products: packed strips, register tiles, one task a panel.
//!
//! An element of the result is a sum over blocks of k in order, a block being summed in the order
//! of k; a product of one row has its own order. Panels, tiles and strips cut only rows and columns.
//! So the bits depend on the shape and the instruction set, but neither on the threads nor on the
//! strides of the operands. Knows nothing of ops; `conv2d` packs its own strips.

mod block;
mod grid;
mod lanes;
mod micro;
mod pack;
mod panel;
mod row;
mod rows;
pub(super) mod scratch;
#[cfg(test)]
mod tests;
mod tile;

pub(super) use block::{blocks, longest, multiply, pack_rows, packed_rows, part, rows_of_tile, strip_step};
pub(super) use micro::{Micro, Real};
pub(super) use pack::{Stored, strip, strips};
pub(super) use rows::RUN;

use super::{pool, program::BlockProgram};
use crate::device::{Contract, ErrorWord, Executable};
use crate::error::{Error, Result};
use formwork_ir::DType;
use grid::Grid;
use panel::Columns;
use std::ops::Range;
use std::sync::Arc;

/// A pointer that tasks on several threads use, each on elements of its own.
pub(super) struct Shared<T>(*mut T);

// SAFETY: a pointer is a number; those who write through it keep to elements of their own.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub fn new(ptr: *mut T) -> Self {
        Shared(ptr)
    }

    pub fn get(&self) -> *mut T {
        self.0
    }
}

/// A launch's buffers, for its tasks.
pub(super) struct Buffers<'l>(pub &'l [*mut u8]);

// SAFETY: as for `Shared`.
unsafe impl Sync for Buffers<'_> {}

impl<'l> Buffers<'l> {
    pub fn get(&self) -> &'l [*mut u8] {
        self.0
    }
}

/// Makes a product ready to run.
pub(super) fn compile(kernel: &Contract) -> Result<Arc<dyn Executable>> {
    Ok(match kernel.dtype {
        DType::F32 => Arc::new(Product::<f32>::new(kernel, f32::micros()[0])?),
        DType::F64 => Arc::new(Product::<f64>::new(kernel, f64::micros()[0])?),
        DType::F16 => Arc::new(Product::<half::f16>::new(kernel, f32::micros()[0])?),
        DType::BF16 => Arc::new(Product::<half::bf16>::new(kernel, f32::micros()[0])?),
        found => return Err(Error::DType { op: "contract", expected: DType::F32, found }),
    })
}

/// Elements of `b` worth packing in a task of their own.
const PACK_TASK: usize = 1 << 15;
/// Elements of `c` worth a task of the epilogue.
const EPILOGUE_TASK: usize = 1 << 14;

/// One operand: where matrix i of the batch starts, and the strides of its rows and columns.
struct Operand {
    starts: Vec<isize>,
    row: isize,
    col: isize,
}

struct Product<S: Stored> {
    micro: &'static Micro<S::Sum>,
    m: usize,
    n: usize,
    k: usize,
    batch: usize,
    a: Operand,
    b: Operand,
    grid: Grid,
    epilogue: Option<BlockProgram>,
}

impl<S: Stored> Product<S> {
    fn new(kernel: &Contract, micro: &'static Micro<S::Sum>) -> Result<Self> {
        let Contract { n, k, mut m, .. } = *kernel;
        let rank = kernel.batch.len();
        let (mut row, along) = (kernel.a.strides[rank], kernel.a.strides[rank + 1]);
        // (size, stride of a, stride of b), innermost last.
        let mut dims: Vec<(usize, isize, isize)> = (0..rank)
            .map(|d| (kernel.batch[d], kernel.a.strides[d], kernel.b.strides[d]))
            .filter(|d| d.0 != 1)
            .collect();
        // One matrix `b` for all: its batch is only more rows.
        while let Some(&(size, a, 0)) = dims.last()
            && (m == 1 || a == row * m as isize)
        {
            row = if m == 1 { a } else { row };
            m *= size;
            dims.pop();
        }
        let starts = |offset: isize, stride: fn(&(usize, isize, isize)) -> isize| {
            dims.iter().fold(vec![offset], |starts, d| {
                starts.iter().flat_map(|s| (0..d.0 as isize).map(move |i| s + i * stride(d))).collect()
            })
        };
        let (a, b) = (starts(kernel.a.offset, |d| d.1), starts(kernel.b.offset, |d| d.2));
        Ok(Product {
            micro,
            m,
            n,
            k,
            batch: a.len(),
            grid: Grid::of(a.len(), m, n, k),
            a: Operand { starts: a, row, col: along },
            b: Operand { starts: b, row: kernel.b.strides[rank], col: kernel.b.strides[rank + 1] },
            epilogue: kernel.epilogue.as_ref().map(BlockProgram::compile).transpose()?,
        })
    }

    /// Whether several tasks would pack the same columns.
    fn packs_ahead(&self) -> bool {
        self.batch == 1 && self.grid.rows > 1
    }

    /// Columns of `b` once packed.
    fn packed_cols(&self) -> usize {
        let whole = self.n - self.n % self.micro.cols();
        whole + if whole < self.n { strip_step(self.micro, self.n - whole) } else { 0 }
    }

    /// Packs all of `b`: for each block of k, strip after strip.
    ///
    /// # Safety
    /// As for [`Executable::launch`]; `to` reaches `k * packed_cols` elements and is exclusive.
    unsafe fn pack_ahead(&self, b: *const S, to: *mut S::Sum) {
        let (b, to) = (Shared::new(b.cast_mut()), Shared::new(to));
        let count = self.n.div_ceil(self.micro.cols());
        let tasks = (self.k * self.n / PACK_TASK).clamp(1, count);
        pool::for_each(tasks, |task| {
            let cols = part(count, tasks, task);
            let cols = cols.start * self.micro.cols()..self.n.min(cols.end * self.micro.cols());
            let last = strip_step(self.micro, (cols.len() - 1) % self.micro.cols() + 1);
            for block in blocks(self.k) {
                // SAFETY: the strips lie within the operand and within the packed elements, and no
                // other task has them.
                unsafe {
                    let from = b.get().offset(block.start as isize * self.b.row + cols.start as isize * self.b.col);
                    let to = to.get().add(block.start * self.packed_cols() + cols.start * block.len());
                    let lens = [cols.len(), self.micro.cols()];
                    strips(self.micro, from, self.b.col, self.b.row, lens, block.len(), to, [lens[1], last]);
                }
            }
        });
    }

    /// # Safety
    /// As for [`Executable::launch`], once the rows are done.
    unsafe fn finish(&self, rows: Range<usize>, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord) {
        if let Some(program) = &self.epilogue {
            // SAFETY: the caller vouches for the buffers; a row belongs to one task.
            unsafe { program.run(rows, buffers, args, errors) };
        }
    }
}

impl<S: Stored> Executable for Product<S> {
    unsafe fn launch(&self, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord) {
        let ahead = if self.packs_ahead() { self.k * self.packed_cols() } else { 0 };
        scratch::with(ahead, |packed: *mut S::Sum| {
            // SAFETY: the caller vouches for the buffers; panels do not overlap.
            unsafe {
                let (c, a, b) = (buffers[0].cast::<S>(), buffers[1].cast::<S>(), buffers[2].cast::<S>());
                let columns = if self.packs_ahead() && self.n > 0 {
                    self.pack_ahead(b.wrapping_offset(self.b.starts[0]), packed);
                    Columns::Packed(packed.cast_const())
                } else {
                    Columns::Raw(b.cast_const())
                };
                self.tasks(c, a, columns, buffers, args, errors);
            }
        });
    }
}

/// What the tasks of a launch share.
struct Launch<'l, S: Stored> {
    c: *mut S,
    a: *const S,
    b: Columns<S>,
    buffers: &'l [*mut u8],
}

// SAFETY: tasks read the operands, and write and finish rows of their own.
unsafe impl<S: Stored> Sync for Launch<'_, S> {}

impl<S: Stored> Product<S> {
    /// # Safety
    /// As for [`Executable::launch`].
    unsafe fn tasks(
        &self,
        c: *mut S,
        a: *const S,
        b: Columns<S>,
        buffers: &[*mut u8],
        args: &[f64],
        errors: &ErrorWord,
    ) {
        let Grid { groups, rows, cols } = self.grid;
        let launch = Launch { c, a, b, buffers };
        let strips = self.n.div_ceil(self.micro.cols());
        pool::for_each(self.grid.tasks(), |task| {
            let launch = &launch;
            let (group, row, col) = (task / (rows * cols), task / cols % rows, task % cols);
            let rows = part(self.m, rows, row);
            let panel = part(strips, cols, col);
            let panel = panel.start * self.micro.cols()..self.n.min(panel.end * self.micro.cols());
            for i in part(self.batch, groups, group) {
                // SAFETY: the caller vouches for the buffers; no other task has this panel.
                unsafe {
                    self.panel(launch.c, launch.a, launch.b, i, rows.clone(), panel.clone());
                    if cols == 1 {
                        self.finish(i * self.m + rows.start..i * self.m + rows.end, launch.buffers, args, errors);
                    }
                }
            }
        });
        if cols > 1 && self.epilogue.is_some() {
            let all = self.batch * self.m;
            let tasks = (all * self.n / EPILOGUE_TASK).clamp(1, all);
            pool::for_each(tasks, |task| {
                let launch = &launch;
                // SAFETY: as above; all panels are done.
                unsafe { self.finish(part(all, tasks, task), launch.buffers, args, errors) }
            });
        }
    }
}
