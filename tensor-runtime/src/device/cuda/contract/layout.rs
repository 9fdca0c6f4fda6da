//! How a product becomes calls of the library: how its operands are to be read, which are packed first, how batch dims
//! collapse.
//!
//! The library's matrices are column-major, and a contiguous `c` is column-major with its axes exchanged. So it is asked
//! for the transpose, `c^T [n, m] = b^T [n, k] x a^T [k, m]`, and wherever a matrix is meant here it is such a transpose.

use crate::device::Contract;
use formwork_ir::Access;

/// Matrices that one call may have.
const MAX_BATCH: usize = 65_535;
/// Calls beyond which operands are packed to have fewer.
const MAX_CALLS: usize = 32;

/// A column-major matrix in memory; the operand is this or its transpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Matrix {
    pub rows: usize,
    pub cols: usize,
    /// Elements from a column to the next.
    pub ld: usize,
    pub transposed: bool,
    /// Elements from a matrix of the batch to the next.
    pub step: isize,
}

/// A strided copy of an operand to contiguous memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packing {
    pub sizes: Vec<usize>,
    pub strides: Vec<isize>,
    pub offset: isize,
}

impl Packing {
    /// Elements of the copy.
    pub fn len(&self) -> usize {
        self.sizes.iter().product()
    }
}

/// Calls with as many matrices each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Calls {
    pub batch: usize,
    /// Where `a`, `b` and `c` start, in elements.
    pub starts: Vec<[isize; 3]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub a: Matrix,
    pub b: Matrix,
    pub c: Matrix,
    /// Of `a` and `b`.
    pub packed: [Option<Packing>; 2],
    pub calls: Vec<Calls>,
}

impl Layout {
    /// Of a product that is neither empty nor a sum over nothing.
    pub fn of(kernel: &Contract) -> Layout {
        let direct = Space::of(kernel, [false; 2]);
        let strange = direct.matrices().map(|m| m.is_none());
        let space = Space::of(kernel, strange);
        let scattered = std::array::from_fn(|i| strange[i] || !space.operands[i].is_contiguous(&kernel.batch));
        let fewer = Space::of(kernel, scattered);
        let (space, packed) = match space.calls() > MAX_CALLS && fewer.calls() < space.calls() {
            true => (fewer, scattered),
            false => (space, strange),
        };
        space.layout(kernel, packed)
    }
}

/// An operand: strides over batch, then its rows and columns as the product names them.
#[derive(Clone, Debug)]
struct Operand {
    batch: Vec<isize>,
    rows: isize,
    cols: isize,
    offset: isize,
}

impl Operand {
    fn of(access: &Access) -> Operand {
        let (batch, matrix) = access.strides.split_at(access.strides.len() - 2);
        Operand { batch: batch.to_vec(), rows: matrix[0], cols: matrix[1], offset: access.offset }
    }

    /// A contiguous copy, in which dims that repeat still do.
    fn packed(&self, batch: &[usize], rows: usize, cols: usize) -> Operand {
        let mut step = (rows * cols) as isize;
        let mut strides = vec![0; batch.len()];
        for d in (0..batch.len()).rev() {
            if self.batch[d] != 0 {
                strides[d] = step;
                step *= batch[d] as isize;
            }
        }
        Operand { batch: strides, rows: cols as isize, cols: 1, offset: 0 }
    }

    /// What is copied for that.
    fn packing(&self, batch: &[usize], rows: usize, cols: usize) -> Packing {
        let kept = batch.iter().zip(&self.batch).filter(|(_, s)| **s != 0).map(|(n, s)| (*n, *s));
        let mut dims: Vec<(usize, isize)> = vec![];
        for (size, stride) in kept.chain([(rows, self.rows), (cols, self.cols)]).filter(|d| d.0 != 1) {
            match dims.last_mut() {
                Some(last) if last.1 == stride * size as isize => *last = (last.0 * size, stride),
                _ => dims.push((size, stride)),
            }
        }
        let (sizes, strides) = dims.into_iter().unzip();
        Packing { sizes, strides, offset: self.offset }
    }

    /// Whether its batch dims that do not repeat are one dim.
    fn is_contiguous(&self, batch: &[usize]) -> bool {
        let dims: Vec<_> = batch.iter().zip(&self.batch).filter(|(n, s)| **n != 1 && **s != 0).collect();
        dims.windows(2).all(|d| *d[0].1 == d[1].1 * *d[1].0 as isize)
    }
}

/// A batch dim: its size, and the strides of `a`, `b` and `c`.
type Dim = (usize, [isize; 3]);

/// A product with its batch dims collapsed.
struct Space {
    operands: [Operand; 2],
    m: usize,
    n: usize,
    k: usize,
    dims: Vec<Dim>,
    /// The dim whose matrices go into one call.
    inner: Option<usize>,
}

impl Space {
    fn of(kernel: &Contract, packed: [bool; 2]) -> Space {
        let Contract { m, n, k, ref batch, .. } = *kernel;
        let (mut a, mut b) = (Operand::of(&kernel.a), Operand::of(&kernel.b));
        if packed[0] {
            a = a.packed(batch, m, k);
        }
        if packed[1] {
            b = b.packed(batch, k, n);
        }
        let mut dims: Vec<Dim> = vec![];
        let mut step = (m * n) as isize;
        for d in (0..batch.len()).rev().filter(|&d| batch[d] != 1) {
            dims.insert(0, (batch[d], [a.batch[d], b.batch[d], step]));
            step *= batch[d] as isize;
        }
        let mut space = Space { operands: [a, b], m, n, k, dims, inner: None };
        space.widen();
        space.collapse();
        let forward = |d: &usize| space.dims[*d].1.iter().all(|s| *s >= 0);
        space.inner = (0..space.dims.len()).filter(forward).max_by_key(|&d| space.dims[d].0);
        space
    }

    /// One `b` for all: its batch is only more rows of `a`.
    fn widen(&mut self) {
        while let Some(&(size, [a, 0, _])) = self.dims.last() {
            let rows = self.operands[0].rows;
            let follows = self.m == 1 || a == rows * self.m as isize;
            let row = if self.m == 1 { a } else { rows };
            if !follows || column_major(self.k, self.m * size, self.operands[0].cols, row).is_none() {
                return;
            }
            self.operands[0].rows = row;
            self.m *= size;
            self.dims.pop();
        }
    }

    /// Neighbours that are one dim become one.
    fn collapse(&mut self) {
        let mut dims: Vec<Dim> = vec![];
        for (size, strides) in self.dims.drain(..) {
            match dims.last_mut() {
                Some((outer, over)) if (0..3).all(|i| over[i] == strides[i] * size as isize) => {
                    *outer *= size;
                    *over = strides;
                }
                _ => dims.push((size, strides)),
            }
        }
        self.dims = dims;
    }

    /// The transposes of `a` and `b`, where they can be read as they lie.
    fn matrices(&self) -> [Option<Matrix>; 2] {
        let [a, b] = &self.operands;
        [column_major(self.k, self.m, a.cols, a.rows), column_major(self.n, self.k, b.cols, b.rows)]
    }

    /// Matrices of the largest call, and the sizes of calls.
    fn parts(&self) -> Vec<(usize, usize)> {
        let size = self.inner.map_or(1, |d| self.dims[d].0);
        (0..size).step_by(MAX_BATCH).map(|at| (at, MAX_BATCH.min(size - at))).collect()
    }

    fn calls(&self) -> usize {
        let outer = |d: &usize| Some(*d) != self.inner;
        self.parts().len() * (0..self.dims.len()).filter(outer).map(|d| self.dims[d].0).product::<usize>()
    }

    fn layout(&self, kernel: &Contract, packed: [bool; 2]) -> Layout {
        let step = |i: usize| self.inner.map_or(0, |d| self.dims[d].1[i]);
        let mut starts = vec![[self.operands[0].offset, self.operands[1].offset, 0]];
        for d in (0..self.dims.len()).filter(|&d| Some(d) != self.inner) {
            let (size, strides) = self.dims[d];
            let along = |start: [isize; 3]| {
                (0..size as isize).map(move |at| std::array::from_fn(|i| start[i] + at * strides[i]))
            };
            starts = starts.into_iter().flat_map(along).collect();
        }
        let mut calls: Vec<Calls> = vec![];
        for (at, batch) in self.parts() {
            let starts = starts.iter().map(|start| std::array::from_fn(|i| start[i] + at as isize * step(i)));
            match calls.last_mut() {
                Some(last) if last.batch == batch => last.starts.extend(starts),
                _ => calls.push(Calls { batch, starts: starts.collect() }),
            }
        }
        // A packed operand can be read, and one that cannot is packed.
        let [a, b] =
            self.matrices().map(|m| m.unwrap_or(Matrix { rows: 0, cols: 0, ld: 0, transposed: false, step: 0 }));
        let c = Matrix { rows: self.n, cols: self.m, ld: self.n, transposed: false, step: step(2) };
        let Contract { m, n, k, ref batch, .. } = *kernel;
        let packed = [
            packed[0].then(|| Operand::of(&kernel.a).packing(batch, m, k)),
            packed[1].then(|| Operand::of(&kernel.b).packing(batch, k, n)),
        ];
        Layout { a: Matrix { step: step(0), ..a }, b: Matrix { step: step(1), ..b }, c, packed, calls }
    }
}

/// How a matrix of these strides is column-major or the transpose of what is, if it is either.
fn column_major(rows: usize, cols: usize, row_stride: isize, col_stride: isize) -> Option<Matrix> {
    // The stride of an axis with one element does not count.
    let unit = |size: usize, stride: isize| size == 1 || stride == 1;
    let far = |size: usize, stride: isize, over: usize| {
        if size == 1 { Some(over) } else { usize::try_from(stride).ok().filter(|&s| s >= over) }
    };
    let plain = far(cols, col_stride, rows).filter(|_| unit(rows, row_stride));
    if let Some(ld) = plain {
        return Some(Matrix { rows, cols, ld, transposed: false, step: 0 });
    }
    let ld = far(rows, row_stride, cols).filter(|_| unit(cols, col_stride))?;
    Some(Matrix { rows: cols, cols: rows, ld, transposed: true, step: 0 })
}
