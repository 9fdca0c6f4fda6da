//! The transpose of a matrix.
//!
//! From naive to fast:
//! - [`transpose_naive()`] reads along rows and writes down columns: each of its writes is a sector of memory of its own.
//! - [`transpose()`] turns 32 by 32 elements in shared memory, so that it reads and writes along rows. The 33rd column keeps
//!   the threads that read down a column in 32 banks instead of one. A thread moves four elements, to have four reads under
//!   way.
//!
//! On the CPU a transpose is a view that the planner reads through; so this is for devices that want it.

use crate::case::{Case, Size};
use formwork::kernel::{Array, kernel};
use formwork::{DType, Dim, Float, Tensor};

/// The transpose, a thread an element.
#[kernel(block = (32, 8), grid = (M.div_ceil(32), N.div_ceil(8)), no_grad)]
pub fn transpose_naive<E: Float, N: Dim, M: Dim>(x: &Array<E, (N, M)>, y: &mut Array<E, (M, N)>) {
    let i = block_idx_y() * 8 + thread_idx_y();
    let j = block_idx() * 32 + thread_idx();
    if i < N && j < M {
        y[(j, i)] = x[(i, j)];
    }
}

/// The transpose, in tiles.
#[kernel(block = (32, 8), grid = (M.div_ceil(32), N.div_ceil(32)), grad = transpose_grad)]
pub fn transpose<E: Float, N: Dim, M: Dim>(x: &Array<E, (N, M)>, y: &mut Array<E, (M, N)>) {
    let tile = shared::<[[E; 33]; 32]>();
    let top = block_idx_y() * 32;
    let left = block_idx() * 32;
    for k in 0..4 {
        let i = thread_idx_y() + 8 * k;
        if top + i < N && left + thread_idx() < M {
            tile[i][thread_idx()] = x[(top + i, left + thread_idx())];
        }
    }
    sync_threads();
    for k in 0..4 {
        let j = thread_idx_y() + 8 * k;
        if left + j < M && top + thread_idx() < N {
            y[(left + j, top + thread_idx())] = tile[thread_idx()][j];
        }
    }
}

fn transpose_grad<E: Float, N: Dim, M: Dim>(
    _: &Tensor<(N, M), E>,
    _: &Tensor<(M, N), E>,
    g: &Tensor<(M, N), E>,
) -> Tensor<(N, M), E> {
    transpose(g)
}

/// The transpose of a matrix of rows of `m`, in plain Rust.
pub fn reference(x: &[f64], m: usize) -> Vec<f64> {
    let n = x.len() / m;
    (0..x.len()).map(|i| x[i % n * m + i / n]).collect()
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let (n, m) = size.pick((45, 70), (16_384, 16_384));
    let case = |name: &str, source, e: DType| {
        Case::new(format!("{name}/{e}"), source, [e.into(), n.into(), m.into()]).bytes(2 * n * m * e.size() as u64)
    };
    let both = |e| [case("transpose_naive", &transpose_naive::SOURCE, e), case("transpose", &transpose::SOURCE, e)];
    [DType::F32, DType::BF16].into_iter().flat_map(both).collect()
}
