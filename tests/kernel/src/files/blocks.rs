//! Reductions and scans of blocks, whole and not, and programs of several.

use crate::values::Values;
use formwork::prelude::*;

/// Every reduction of a block that is not whole warps.
#[kernel(block = 100, grid = 1)]
pub fn reduced<E: Num>(x: &Array<E, (U100,)>, y: &mut Array<E, (U3,)>, scan: &mut Array<E, (U100,)>) {
    let v = x[thread_idx()];
    let sum = block_reduce_sum(v);
    let top = block_reduce_max(v);
    let low = block_reduce_min(v);
    let before = block_scan_sum(v);
    scan[thread_idx()] = before;
    if thread_idx() == 0 {
        y[0] = sum;
        y[1] = top;
        y[2] = low;
    }
}
// run: reduced::<i32>(wave(100)) == reduced_reference
// run: reduced::<i64>(wave(100)) == reduced_reference
// run: reduced::<f32>(wave(100)) == reduced_reference
// run: reduced::<f64>(wave(100)) == reduced_reference
// run: reduced::<f16>(ones(100)) == reduced_reference

pub fn reduced_reference(args: &[Values]) -> Vec<Values> {
    let x = args[0].numbers();
    let extreme = |f: fn(f64, f64) -> f64| x.iter().copied().reduce(f).unwrap_or(0.0);
    let y = [x.iter().sum(), extreme(f64::max), extreme(f64::min)];
    let scan: Vec<f64> = (0..100).map(|t| x[..=t].iter().sum()).collect();
    let ty = args[0].ty;
    vec![Values::from_fn(ty, &[3], |i| y[i]), Values::from_fn(ty, &[100], |i| scan[i])]
}

/// A softmax a row: reductions in two ways, three loops over the row.
#[kernel(block = 128)]
pub fn row_softmax<F: Float, R: Dim, N: Dim>(x: &Array<F, (R, N)>, y: &mut Array<F, (R, N)>) {
    let row = block_idx();
    let scratch = shared::<[F; 4]>();
    let mut m = F::of(f64::NEG_INFINITY);
    for j in (thread_idx()..N).step_by(block_dim()) {
        m = max(m, x[(row, j)]);
    }
    m = warp_reduce_max(m);
    if lane_idx() == 0 {
        scratch[warp_idx()] = m;
    }
    sync_threads();
    m = scratch[0];
    for w in 1..4 {
        m = max(m, scratch[w]);
    }
    let mut sum = F::of(0.0);
    for j in (thread_idx()..N).step_by(block_dim()) {
        sum += exp(x[(row, j)] - m);
    }
    let total = block_reduce_sum(sum);
    for j in (thread_idx()..N).step_by(block_dim()) {
        y[(row, j)] = exp(x[(row, j)] - m) / total;
    }
}
// run: row_softmax::<f32, _, _>(wave(5, 300)) ~= softmax_reference
// run: row_softmax::<f32, Rows, Columns>(wave(3, 17)) ~= softmax_reference
// run: row_softmax::<f64, _, _>(wave(2, 129)) ~= softmax_reference
// run: row_softmax::<bf16, _, _>(wave(2, 5)) ~= softmax_reference
// run: row_softmax::<f32, _, _>([[1000.0, 1000.0], [-1000.0, 1000.0]]) == [[0.5, 0.5], [0.0, 1.0]]

pub fn softmax_reference(args: &[Values]) -> Vec<Values> {
    let (x, n) = (args[0].numbers(), args[0].sizes[1]);
    let row = |row: &[f64]| {
        let m = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|x| (x - m).exp()).sum();
        row.iter().map(|x| (x - m).exp() / sum).collect::<Vec<_>>()
    };
    let y: Vec<f64> = x.chunks(n).flat_map(row).collect();
    vec![Values::from_fn(args[0].ty, &args[0].sizes, |i| y[i])]
}

/// Mean and variance of each row, in one pass of two sums; every block of a loop over rows.
#[kernel(block = 64, grid = 2)]
pub fn moments<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, mean: &mut Array<f32, (R,)>, variance: &mut Array<f32, (R,)>) {
    for row in (block_idx()..R).step_by(grid_dim()) {
        let mut sum = 0.0;
        let mut squares = 0.0;
        for j in (thread_idx()..N).step_by(block_dim()) {
            let v = x[(row, j)];
            sum += v;
            squares = fma(v, v, squares);
        }
        let mu = block_reduce_sum(sum) / N as f32;
        let square = block_reduce_sum(squares) / N as f32;
        if thread_idx() == 0 {
            mean[row] = mu;
            variance[row] = square - mu * mu;
        }
    }
}
// run: moments([[1.0, 3.0], [2.0, 2.0], [0.0, -4.0]]) == ([2.0, 2.0, -2.0], [1.0, 0.0, 4.0])
// run: moments::<Rows, Columns>(ones(5, 100)) == ([1.0; 5], [0.0; 5])

/// Rows that are running sums, in chunks of a block, the carry in every thread.
#[kernel(block = 32, grid = R)]
pub fn running_sums<R: Dim, N: Dim>(x: &Array<i64, (R, N)>, y: &mut Array<i64, (R, N)>) {
    let mut carry = 0;
    let chunks = N.div_ceil(block_dim());
    for chunk in 0..chunks {
        let j = chunk * block_dim() + thread_idx();
        let v = if j < N { x[(block_idx(), j)] } else { 0 };
        let sum = block_scan_sum(v);
        if j < N {
            y[(block_idx(), j)] = carry + sum;
        }
        let all = block_reduce_sum(v);
        carry += all;
    }
}
// run: running_sums([[1, 2, 3, 4], [10, -10, 10, -10]]) == [[1, 3, 6, 10], [10, 0, 10, 0]]
// run: running_sums::<Rows, Columns>(wave(3, 100)) == running_reference

pub fn running_reference(args: &[Values]) -> Vec<Values> {
    let (x, n) = (args[0].vec::<i64>(), args[0].sizes[1]);
    let mut y = x.clone();
    y.chunks_mut(n).for_each(|row| (1..n).for_each(|j| row[j] += row[j - 1]));
    vec![Values::of(&args[0].sizes, &y)]
}

/// A product of tiles in shared memory.
#[kernel(block = (8, 8), grid = (N.div_ceil(8), M.div_ceil(8)))]
pub fn product<M: Dim, K: Dim, N: Dim>(a: &Array<f32, (M, K)>, b: &Array<f32, (K, N)>, c: &mut Array<f32, (M, N)>) {
    let left = shared::<[[f32; 8]; 8]>();
    let right = shared::<[[f32; 8]; 8]>();
    let (i, j) = (thread_idx_y(), thread_idx());
    let (row, column) = (block_idx_y() * 8 + i, block_idx() * 8 + j);
    let mut sum = 0.0;
    for tile in 0..K.div_ceil(8) {
        let k = tile * 8;
        left[i][j] = if row < M && k + j < K { a[(row, k + j)] } else { 0.0 };
        right[i][j] = if k + i < K && column < N { b[(k + i, column)] } else { 0.0 };
        sync_threads();
        for q in 0..8 {
            sum += left[i][q] * right[q][j];
        }
        sync_threads();
    }
    if row < M && column < N {
        c[(row, column)] = sum;
    }
}
// run: product([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]) == [[19.0, 22.0], [43.0, 50.0]]
// run: product(ones(9, 20), ones(20, 17)) == [[20.0; 17]; 9]
// run: product::<Rows, U20, Columns>(ones(9, 20), ones(20, 17)) == [[20.0; 17]; 9]
