//! Products of packed strips: tiles over rows, one strip of columns at a time.

use super::micro::{Micro, Real};
use super::pack::{self, Stored};
use std::ops::Range;

/// The most elements of k that are summed one after the other; the sums of such blocks are added
/// in order. A block of a strip stays in L1, and errors grow with its size, not with k's.
const BLOCK: usize = 256;

/// Part `i` of `parts` nearly equal ones of `0..len`.
pub(in super::super) fn part(len: usize, parts: usize, i: usize) -> Range<usize> {
    i * len / parts..(i + 1) * len / parts
}

/// The blocks that a sum over `k` elements is made in.
pub(in super::super) fn blocks(k: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    let parts = k.div_ceil(BLOCK);
    (0..parts).map(move |i| part(k, parts, i))
}

/// Length of the longest block.
pub(in super::super) fn longest(k: usize) -> usize {
    k.div_ceil(k.div_ceil(BLOCK).max(1))
}

/// Rows of each tile but the last of `m` rows: nearly the same for all.
pub(in super::super) fn tile_rows<T>(micro: &Micro<T>, m: usize) -> usize {
    m.div_ceil(m.div_ceil(micro.rows()).max(1)).max(1)
}

/// The rows of tile t.
pub(in super::super) fn rows_of_tile<T>(micro: &Micro<T>, m: usize, t: usize) -> Range<usize> {
    let each = tile_rows(micro, m);
    t * each..m.min((t + 1) * each)
}

/// Elements that [`pack_rows`] writes for `m` rows of a block of `k`.
pub(in super::super) fn packed_rows<T>(micro: &Micro<T>, m: usize, k: usize) -> usize {
    m.div_ceil(micro.rows()) * k * micro.step
}

/// Packs `m` rows for [`multiply`]: row i, element p lies at `a + i * row + p * along`.
///
/// # Safety
/// The CPU has `micro`'s instruction set; `a` reaches the elements named above; `to` reaches
/// [`packed_rows`] initialised ones, and is exclusive.
pub(in super::super) unsafe fn pack_rows<S: Stored>(
    micro: &Micro<S::Sum>,
    a: *const S,
    row: isize,
    along: isize,
    m: usize,
    k: usize,
    to: *mut S::Sum,
) {
    let each = tile_rows(micro, m);
    // SAFETY: passed on.
    unsafe { pack::strips(micro, a, row, along, [m, each], k, to, [micro.step; 2]) };
}

/// Columns that a packed strip of `cols` has room for: a register's, or two.
pub(in super::super) fn strip_step<T>(micro: &Micro<T>, cols: usize) -> usize {
    if cols <= micro.width { micro.width } else { micro.cols() }
}

/// `c[i, j] (+)= sum over p of a[i, p] * b[p, j]` for `m` rows packed by [`pack_rows`] and one strip
/// of at most `micro.cols()` columns, whose element p, j lies at `b + p * b_step + j`.
///
/// # Safety
/// The CPU has `micro`'s instruction set; `b` reaches [`strip_step`] elements for each p; `c` reaches
/// `m` rows of `cols` elements, `ldc` apart, and is exclusive.
pub(in super::super) unsafe fn multiply<T: Real>(
    micro: &Micro<T>,
    k: usize,
    a: *const T,
    m: usize,
    b: *const T,
    b_step: isize,
    cols: usize,
    c: *mut T,
    ldc: usize,
    add: bool,
) {
    // Enough for the largest tile of any instruction set.
    let mut edge = [T::default(); 14 * 32];
    let tiles = m.div_ceil(micro.rows());
    let step = strip_step(micro, cols);
    for t in 0..tiles {
        let rows = rows_of_tile(micro, m, t);
        let tile = micro.tiles[rows.len() - 1][step / micro.width - 1];
        // SAFETY: the caller vouches for the operands; `edge` holds `rows.len()` rows of `step`.
        unsafe {
            let (a, c) = (a.add(t * k * micro.step), c.add(rows.start * ldc));
            if cols == step {
                tile(k, a, micro.step as isize, b, b_step, c, ldc, add);
                continue;
            }
            tile(k, a, micro.step as isize, b, b_step, edge.as_mut_ptr(), step, false);
            for (i, row) in edge.chunks_exact(step).take(rows.len()).enumerate() {
                for (j, &sum) in row[..cols].iter().enumerate() {
                    let to = c.add(i * ldc + j);
                    *to = if add { *to + sum } else { sum };
                }
            }
        }
    }
}
