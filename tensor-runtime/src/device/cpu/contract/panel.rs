//! One panel of a product: block after block of k, strip after strip of columns.

use super::micro::Tile;
use super::pack::{Stored, strip};
use super::{Product, blocks, longest, multiply, pack_rows, packed_rows, scratch, strip_step};
use std::ops::Range;

/// Up to this many rows, strips of contiguous columns are read where they lie.
const DIRECT_ROWS: usize = 14;

/// Where a panel finds its columns of `b`.
#[derive(Clone, Copy)]
pub(super) enum Columns<S: Stored> {
    /// Packed beforehand, block after block of k.
    Packed(*const S::Sum),
    /// In the operand, matrix by matrix.
    Raw(*const S),
}

impl<S: Stored> Product<S> {
    /// Computes `rows` x `cols` of matrix `i`.
    ///
    /// # Safety
    /// As for [`Executable::launch`]; this part of `c` is exclusive.
    pub(super) unsafe fn panel(
        &self,
        c: *mut S,
        a: *const S,
        b: Columns<S>,
        i: usize,
        rows: Range<usize>,
        cols: Range<usize>,
    ) {
        if rows.is_empty() || cols.is_empty() {
            return;
        }
        let to = c.wrapping_add((i * self.m + rows.start) * self.n + cols.start);
        if self.k == 0 {
            return (0..rows.len()).for_each(|r| {
                // SAFETY: all bits 0 is the number 0 of every float type.
                unsafe { to.add(r * self.n).write_bytes(0, cols.len()) }
            });
        }
        let a = a.wrapping_offset(self.a.starts[i] + rows.start as isize * self.a.row);
        if let (1, 1, true, Columns::Raw(b)) = (self.batch, self.m, S::SAME, b) {
            let b = b.wrapping_offset(self.b.starts[0]);
            // SAFETY: the caller vouches for the operands; `S` is `S::Sum`.
            return unsafe { self.row(a.cast(), b.cast(), cols, to.cast()) };
        }
        let longest = longest(self.k);
        let a_len = packed_rows(self.micro, rows.len(), longest);
        let b_len = longest * self.micro.cols();
        let c_len = if S::SAME { 0 } else { rows.len() * cols.len() };
        scratch::with(a_len + b_len + c_len, |memory: *mut S::Sum| {
            // SAFETY: the scratch has room for the three; the caller vouches for the operands.
            unsafe {
                let (a_strips, b_strip, sums) = (memory, memory.add(a_len), memory.add(a_len + b_len));
                let (sums, ldc) = if S::SAME { (to.cast(), self.n) } else { (sums, cols.len()) };
                for block in blocks(self.k) {
                    let from = a.offset(block.start as isize * self.a.col);
                    pack_rows(self.micro, from, self.a.row, self.a.col, rows.len(), block.len(), a_strips);
                    self.columns(sums, ldc, a_strips, rows.len(), b, i, &cols, &block, b_strip);
                }
                if !S::SAME {
                    for r in 0..rows.len() {
                        for j in 0..cols.len() {
                            *to.add(r * self.n + j) = S::narrow(*sums.add(r * ldc + j));
                        }
                    }
                }
            }
        });
    }

    /// A product that is one row.
    ///
    /// # Safety
    /// As for [`Product::panel`].
    unsafe fn row(&self, a: *const S::Sum, b: *const S::Sum, cols: Range<usize>, c: *mut S::Sum) {
        let (micro, k) = (self.micro, self.k);
        let b = b.wrapping_offset(cols.start as isize * self.b.col);
        let packed_a = if self.a.col == 1 { 0 } else { k };
        scratch::with(packed_a + (k + 1) * micro.width, |memory: *mut S::Sum| {
            // SAFETY: the scratch has room for `a`, a strip and its sums; the caller vouches for the
            // operands.
            unsafe {
                let (strip_at, edge) = (memory.add(packed_a), memory.add(packed_a + k * micro.width));
                for p in 0..packed_a {
                    *memory.add(p) = *a.offset(p as isize * self.a.col);
                }
                let a = if packed_a > 0 { memory.cast_const() } else { a };
                if self.b.row == 1 {
                    return (micro.along)(k, a, b, self.b.col, cols.len(), c);
                }
                let whole = if self.b.col == 1 { cols.len() - cols.len() % micro.width } else { 0 };
                (micro.across)(k, a, b, self.b.row, whole, c);
                for j in (whole..cols.len()).step_by(micro.width) {
                    let len = micro.width.min(cols.len() - j);
                    let b = b.offset(j as isize * self.b.col);
                    strip(micro, b.cast::<S>(), self.b.col, self.b.row, len, k, strip_at, micro.width);
                    (micro.across)(k, a, strip_at, micro.width as isize, micro.width, edge);
                    std::ptr::copy_nonoverlapping(edge, c.add(j), len);
                }
            }
        });
    }

    /// Adds one block of k to `rows` rows of `c`, whose `a` is packed.
    ///
    /// # Safety
    /// As for [`Product::panel`]; `b_strip` has room for a packed strip.
    unsafe fn columns(
        &self,
        c: *mut S::Sum,
        ldc: usize,
        a: *const S::Sum,
        rows: usize,
        b: Columns<S>,
        i: usize,
        cols: &Range<usize>,
        block: &Range<usize>,
        b_strip: *mut S::Sum,
    ) {
        let (micro, k, add) = (self.micro, block.len(), block.start > 0);
        let direct = S::SAME && self.b.col == 1 && rows <= DIRECT_ROWS.min(micro.rows());
        let mut j = cols.start;
        while j < cols.end {
            let left = cols.end - j;
            let mut width = left.min(micro.cols());
            let step = strip_step(micro, width);
            // SAFETY: strips lie within the columns; the caller vouches for the rest.
            unsafe {
                let c = c.add(j - cols.start);
                match b {
                    Columns::Packed(b) => {
                        let b = b.add(block.start * self.packed_cols() + j * k);
                        multiply(micro, k, a, rows, b, step as isize, width, c, ldc, add);
                    }
                    Columns::Raw(b) => {
                        let b =
                            b.offset(self.b.starts[i] + block.start as isize * self.b.row + j as isize * self.b.col);
                        if direct && let Some((w, tile)) = self.direct_tile(rows, left) {
                            width = w;
                            tile(k, a, micro.step as isize, b.cast(), self.b.row, c, ldc, add);
                        } else {
                            strip(micro, b, self.b.col, self.b.row, width, k, b_strip, step);
                            multiply(micro, k, a, rows, b_strip, step as isize, width, c, ldc, add);
                        }
                    }
                }
            }
            j += width;
        }
    }

    /// The tile, and its columns, that takes the most of `left` columns without reading past them.
    fn direct_tile(&self, rows: usize, left: usize) -> Option<(usize, Tile<S::Sum>)> {
        let micro = self.micro;
        let flat = micro.flat.get(rows - 1).map(|&(v, tile)| (v * micro.width, tile));
        let pair = |v: usize| (v * micro.width, micro.tiles[rows - 1][v - 1]);
        flat.into_iter().chain([pair(2), pair(1)]).find(|(width, _)| *width <= left)
    }
}
