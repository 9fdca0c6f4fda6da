//! Shared memory of fixed size and of sizes from dims, and barriers.

use crate::values::Values;
use formwork::prelude::*;

/// A row turned round in shared memory.
#[kernel(block = 64, grid = R)]
pub fn turned<R: Dim>(x: &Array<f32, (R, U64)>, y: &mut Array<f32, (R, U64)>) {
    let row = shared::<[f32; 64]>();
    let (i, t) = (block_idx(), thread_idx());
    row[t] = x[(i, t)];
    sync_threads();
    y[(i, t)] = row[63 - t];
}
// run: turned(iota(3, 64)) == turned_reference

pub fn turned_reference(args: &[Values]) -> Vec<Values> {
    let x = args[0].vec::<f32>();
    let y: Vec<f32> = x.chunks(64).flat_map(|row| row.iter().rev().copied().collect::<Vec<_>>()).collect();
    vec![Values::of(&args[0].sizes, &y)]
}

/// A tile of two axes with a column more, as transposes have it: each warp reads a column.
#[kernel(block = (8, 8), grid = (M.div_ceil(8), N.div_ceil(8)))]
pub fn tiled<N: Dim, M: Dim>(x: &Array<f32, (N, M)>, y: &mut Array<f32, (M, N)>) {
    let tile = shared::<[[f32; 9]; 8]>();
    let (i, j) = (thread_idx_y(), thread_idx());
    let (row, column) = (block_idx_y() * 8 + i, block_idx() * 8 + j);
    if row < N && column < M {
        tile[i][j] = x[(row, column)];
    }
    sync_threads();
    let (row, column) = (block_idx_y() * 8 + j, block_idx() * 8 + i);
    if row < N && column < M {
        y[(column, row)] = tile[j][i];
    }
}
// run: tiled([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]) == [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
// run: tiled(wave(20, 33)) == transposed
// run: tiled::<Rows, Columns>(wave(9, 8)) == transposed

pub fn transposed(args: &[Values]) -> Vec<Values> {
    super::grids::transposed_reference(args)
}

/// Shared memory as large as a row of the launch.
#[kernel(block = 32, grid = R)]
pub fn shifted<R: Dim, N: Dim>(x: &Array<i32, (R, N)>, by: usize, y: &mut Array<i32, (R, N)>) {
    let row = shared::<Array<i32, (N,)>>();
    for j in (thread_idx()..N).step_by(block_dim()) {
        row[j] = x[(block_idx(), j)];
    }
    sync_threads();
    for j in (thread_idx()..N).step_by(block_dim()) {
        y[(block_idx(), j)] = row[(j + by) % N];
    }
}
// run: shifted([[1, 2, 3], [4, 5, 6]], 1) == [[2, 3, 1], [5, 6, 4]]
// run: shifted([[0; 50]], 7) == [[0; 50]]
// run: shifted::<Rows, Columns>([[1, 2, 3], [4, 5, 6]], 1) == [[2, 3, 1], [5, 6, 4]]
// run: shifted::<_, Columns>(wave(1, 16384), 0) == unchanged
// run: shifted(wave(1, 16384), 16384) == unchanged

pub fn unchanged(args: &[Values]) -> Vec<Values> {
    vec![args[0].clone()]
}

/// Arrays of several types and sizes side by side, in this order and no other.
#[kernel(block = 32, grid = 1)]
pub fn beside<N: Dim, M: Dim>(x: &Array<u8, (N,)>, y: &Array<f16, (M,)>, z: &mut Array<f64, (N, M)>) {
    let bytes = shared::<Array<u8, (N,)>>();
    let halves = shared::<Array<f16, (M,)>>();
    let sums = shared::<[f64; 4]>();
    let products = shared::<Array<f64, (N, M)>>();
    let t = thread_idx();
    if t < 4 {
        sums[t] = t as f64;
    }
    for i in (t..N).step_by(32) {
        bytes[i] = x[i];
    }
    for j in (t..M).step_by(32) {
        halves[j] = y[j];
    }
    sync_threads();
    for k in (t..N * M).step_by(32) {
        products[(k / M, k % M)] = cast::<f64>(bytes[k / M]) * cast::<f64>(halves[k % M]) + sums[k % 4];
    }
    sync_threads();
    for k in (t..N * M).step_by(32) {
        let other = N * M - 1 - k;
        z[(k / M, k % M)] = products[(other / M, other % M)] + products.size(0) as f64;
    }
}
// run: beside([1, 2, 255], [0.5, 4.0]) == [[1024.0, 130.5], [14.0, 6.0], [8.0, 3.5]]
// run: beside::<Rows, Columns>([1, 2, 255], [0.5, 4.0]) == [[1024.0, 130.5], [14.0, 6.0], [8.0, 3.5]]
// run: beside::<_, Columns>([1, 2, 255], [0.5, 4.0]) == [[1024.0, 130.5], [14.0, 6.0], [8.0, 3.5]]

/// A table of two axes from dims, of bits.
#[kernel(block = (4, 4), grid = 1)]
pub fn pairs<N: Dim>(x: &Array<i32, (N,)>, y: &mut Array<i32, (N,)>) {
    let less = shared::<Array<i32, (N, N)>>();
    for i in (thread_idx_y()..N).step_by(4) {
        for j in (thread_idx()..N).step_by(4) {
            less[(i, j)] = if x[j] < x[i] { 1 } else { 0 };
        }
    }
    sync_threads();
    let t = thread_idx_y() * 4 + thread_idx();
    if t < N {
        let mut rank = 0;
        for j in 0..N {
            rank += less[(t, j)];
        }
        y[t] = rank;
    }
}
// run: pairs([30, 10, 20, 50, 40]) == [2, 0, 1, 4, 3]
// run: pairs::<Rows>([30, 10, 20, 50, 40]) == [2, 0, 1, 4, 3]

/// A tree of sums, a barrier a step.
#[kernel(block = 128, grid = R)]
pub fn tree<R: Dim, N: Dim>(x: &Array<f64, (R, N)>, y: &mut Array<f64, (R,)>) {
    let s = shared::<[f64; 128]>();
    let t = thread_idx();
    let mut own = 0.0;
    for j in (t..N).step_by(128) {
        own += x[(block_idx(), j)];
    }
    s[t] = own;
    sync_threads();
    let mut d = 64;
    while d > 0 {
        if t < d {
            s[t] += s[t + d];
        }
        sync_threads();
        d /= 2;
    }
    if t == 0 {
        y[block_idx()] = s[0];
    }
}
// run: tree(ones(3, 200)) == [200.0, 200.0, 200.0]
// run: tree(iota(2, 100)) == [4950.0, 14950.0]

/// Two buffers in turn, and a barrier in a loop of the block.
#[kernel(block = 32, grid = 1)]
pub fn diffused<N: Dim>(x: &Array<f32, (U32,)>, rounds: i32, y: &mut Array<f32, (U32,)>, trace: &mut Array<f32, (N,)>) {
    let s = shared::<[[f32; 32]; 2]>();
    let t = thread_idx();
    s[0][t] = x[t];
    let mut from = 0;
    for turn in 0..rounds {
        sync_threads();
        let left = s[from][(t + 31) % 32];
        s[1 - from][t] = 0.5 * (s[from][t] + left);
        from = 1 - from;
        if t == 5 && (turn as usize) < N {
            trace[turn as usize] = left;
        }
    }
    y[t] = s[from][t];
}
// run: diffused::<U2>(iota(32), 2) == diffused_reference

pub fn diffused_reference(args: &[Values]) -> Vec<Values> {
    let mut x = args[0].vec::<f32>();
    let mut trace = vec![];
    for _ in 0..args[1].scalar::<i32>() {
        trace.push(x[4]);
        x = (0..32).map(|t| 0.5 * (x[t] + x[(t + 31) % 32])).collect();
    }
    vec![Values::of(&[32], &x), Values::of(&[trace.len()], &trace)]
}
