//! Blocks and threads of one to three axes, default grids, dims, and what becomes of arguments.

use crate::values::Values;
use formwork::prelude::*;

/// A default grid of a kernel that asks for `global_idx()`: a thread an element, and none past the end.
#[kernel]
pub fn scaled<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, factor: f32, y: &mut Array<f32, (R, N)>) {
    let i = global_idx();
    y[(i / N, i % N)] = factor * x[(i / N, i % N)];
}
// run: scaled([[1.0, 2.0], [3.0, 4.0]], 0.5) == [[0.5, 1.0], [1.5, 2.0]]
// run: scaled::<Rows, Columns>([[1.0, 2.0, 3.0]], -1.0) == [[-1.0, -2.0, -3.0]]
// run: scaled(ones(3, 200), 3.0) == [[3.0; 200]; 3]

/// A default grid of a kernel that does not: a block an index of the first axis.
#[kernel(block = 32)]
pub fn row_sums<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R,)>) {
    if thread_idx() > 0 {
        return;
    }
    let mut sum = 0.0;
    for j in 0..N {
        sum += x[(block_idx(), j)];
    }
    y[block_idx()] = sum;
}
// run: row_sums([[1.0, 2.0], [3.0, 4.0]]) == [3.0, 7.0]
// run: row_sums::<Rows, _>([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]) == [3.0, 7.0, 11.0]
// run: row_sums(ones(3, 1000)) == [1000.0, 1000.0, 1000.0]

/// Two axes, a tail on both.
#[kernel(block = (16, 8), grid = (M.div_ceil(16), N.div_ceil(8)))]
pub fn transposed<E: Element, N: Dim, M: Dim>(x: &Array<E, (N, M)>, y: &mut Array<E, (M, N)>) {
    let i = block_idx_y() * 8 + thread_idx_y();
    let j = block_idx() * 16 + thread_idx();
    if i < N && j < M {
        y[(j, i)] = x[(i, j)];
    }
}
// run: transposed([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]) == [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
// run: transposed::<i64, _, _>([[i64::MAX, 2], [3, i64::MIN]]) == [[i64::MAX, 3], [2, i64::MIN]]
// run: transposed::<u8, _, _>([[1, 2, 255]]) == [[1], [2], [255]]
// run: transposed::<bool, _, _>([[true, false]]) == [[true], [false]]
// run: transposed::<f16, _, _>([[1.5, 2.0]]) == [[1.5], [2.0]]
// run: transposed::<f32, Rows, Columns>(wave(20, 33)) == transposed_reference

pub fn transposed_reference(args: &[Values]) -> Vec<Values> {
    let (x, [n, m]) = (args[0].vec::<f32>(), [args[0].sizes[0], args[0].sizes[1]]);
    let y: Vec<f32> = (0..n * m).map(|k| x[k % n * m + k / n]).collect();
    vec![Values::of(&[m, n], &y)]
}

/// Three axes of blocks and of threads; every index and size by its axis.
#[kernel(block = (4, 2, 2), grid = (N.div_ceil(4), M.div_ceil(2), K.div_ceil(2)))]
pub fn numbered<K: Dim, M: Dim, N: Dim>(first: i64, y: &mut Array<i64, (K, M, N)>) {
    let i = block_idx() * block_dim() + thread_idx();
    let j = block_idx_y() * block_dim_y() + thread_idx_y();
    let k = block_idx_z() * block_dim_z() + thread_idx_z();
    if i < N && j < M && k < K {
        let blocks = grid_dim() * 100 + grid_dim_y() * 10 + grid_dim_z();
        y[(k, j, i)] = first + (blocks * 1000 + (k * M + j) * N + i) as i64;
    }
}
// run: numbered::<U3, U1, U5>(0) == [[[212000, 212001, 212002, 212003, 212004]],
//   [[212005, 212006, 212007, 212008, 212009]], [[212010, 212011, 212012, 212013, 212014]]]

/// Numbers of lanes and warps in a block of two axes run along x.
#[kernel(block = (10, 7), grid = 1)]
pub fn lanes(y: &mut Array<i32, (U7, U10)>) {
    y[(thread_idx_y(), thread_idx())] = (warp_idx() * 100 + lane_idx()) as i32;
}
// run: lanes() == lanes_reference

pub fn lanes_reference(_: &[Values]) -> Vec<Values> {
    let y: Vec<i32> = (0..70).map(|t| t / 32 * 100 + t % 32).collect();
    vec![Values::of(&[7, 10], &y)]
}

/// An argument that becomes a result, beside one that is new, and a scalar of every size.
#[kernel]
pub fn stepped_twice<N: Dim>(
    g: &Array<f32, (N,)>,
    rate: f64,
    steps: usize,
    negate: bool,
    #[inout] w: &mut Array<f32, (N,)>,
    old: &mut Array<f32, (N,)>,
) {
    let i = global_idx();
    old[i] = w[i];
    for _ in 0..steps {
        w[i] += if negate { -(rate as f32) * g[i] } else { rate as f32 * g[i] };
    }
}
// run: stepped_twice([1.0, -2.0], 0.5, 2, true, [10.0, 20.0]) == ([9.0, 22.0], [10.0, 20.0])
// run: stepped_twice([1.0, -2.0], 0.5, 1, false, [10.0, 20.0]) == ([10.5, 19.0], [10.0, 20.0])

/// Sizes of literal, named and computed dims, as values.
#[kernel(block = 32, grid = 1)]
pub fn sizes<N: Dim, K: Dim>(x: &Array<f32, s![N, U3, 2 * K]>, z: &Array<u8, (K,)>, y: &mut Array<i64, (U5,)>) {
    if thread_idx() == 0 {
        y[0] = N as i64;
        y[1] = K as i64;
        y[2] = x.size(1) as i64;
        y[3] = x.size(2) as i64;
        y[4] = z.size(0) as i64 * 10 + y.size(0) as i64;
    }
}
// run: sizes(zeros(4, 3, 10), [0; 5]) == [4, 5, 3, 10, 55]

/// The output's size is in no argument: it is given with the call.
#[kernel]
pub fn repeated<N: Dim, M: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (M, N)>) {
    let i = global_idx();
    y[(i / N, i % N)] = x[i % N];
}
// run: repeated::<_, U3>([1.0, 2.0]) == [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]

/// Indices that their author vouches for.
#[kernel]
pub fn reversed<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    // SAFETY: there are N threads.
    unsafe { y.set_unchecked(i, x.get_unchecked(N - 1 - i)) };
}
// run: reversed([1.0, 2.0, 3.0]) == [3.0, 2.0, 1.0]

/// A five-point average inside, a copy at the edge.
#[kernel(block = (8, 8), grid = (W.div_ceil(8), H.div_ceil(8)))]
pub fn stencil<H: Dim, W: Dim>(x: &Array<f32, (H, W)>, y: &mut Array<f32, (H, W)>) {
    let i = block_idx_y() * 8 + thread_idx_y();
    let j = block_idx() * 8 + thread_idx();
    if i >= H || j >= W {
        return;
    }
    if i == 0 || j == 0 || i == H - 1 || j == W - 1 {
        y[(i, j)] = x[(i, j)];
        return;
    }
    y[(i, j)] = 0.2 * (x[(i, j)] + x[(i - 1, j)] + x[(i + 1, j)] + x[(i, j - 1)] + x[(i, j + 1)]);
}
// run: stencil([[0.0, 1.0, 0.0], [1.0, 5.0, 1.0], [0.0, 2.0, 0.0]]) == [[0.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 2.0, 0.0]]
// run: stencil::<Rows, Columns>(ones(20, 11)) == ones(20, 11)

/// Guards and edges in all forms, of threads and of rows.
#[kernel(block = (8, 2), grid = (M.div_ceil(8), N.div_ceil(2)))]
pub fn bordered<N: Dim, M: Dim>(x: &Array<i64, (N, M)>, first: usize, y: &mut Array<i64, (N, M)>) {
    let (i, j) = (block_idx_y() * 2 + thread_idx_y(), global_idx());
    if i >= x.size(0) || M <= j {
        return;
    }
    let right = j + first;
    let mut found = if j > 0 && right < M { x[(i, right)] - x[(i, j - 1)] } else { x[(i, j)] };
    if first <= j && j <= M {
        found += 10;
    }
    if j == first || 0 == i {
        found += 100;
    }
    if (2 * first + 1 != j) && j < 2 {
        found += 1000;
    } else if 5 <= j || i + 1 == N {
        found += 10000;
    }
    y[(i, j)] = found;
}
// run: bordered::<Rows, Columns>(wave(3, 21), 1) == bordered_reference
// run: bordered(wave(4, 8), 0) == bordered_reference
// run: bordered(wave(1, 1), 2) == bordered_reference

pub fn bordered_reference(args: &[Values]) -> Vec<Values> {
    let (x, [n, m]) = (args[0].vec::<i64>(), [args[0].sizes[0], args[0].sizes[1]]);
    let first = args[1].vec::<usize>()[0];
    let point = |k: usize| {
        let (i, j) = (k / m, k % m);
        let right = j + first;
        let found = if j > 0 && right < m { x[i * m + right] - x[k - 1] } else { x[k] };
        let (tens, hundreds) = (10 * (first <= j) as i64, 100 * (j == first || i == 0) as i64);
        let rest = match j {
            0 | 1 if 2 * first + 1 != j => 1000,
            _ => 10000 * (j >= 5 || i + 1 == n) as i64,
        };
        found + tens + hundreds + rest
    };
    vec![Values::of(&[n, m], &(0..n * m).map(point).collect::<Vec<_>>())]
}

/// Neighbours on a default grid, whose last block is not full.
#[kernel]
pub fn smoothed<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] = if 1 <= i && i < N - 1 { 0.5 * (x[i - 1] + x[i + 1]) } else { x[i] };
}
// run: smoothed([1.0, 5.0, 2.0, 3.0]) == [1.0, 1.5, 4.0, 3.0]
// run: smoothed([7.0]) == [7.0]
// run: smoothed::<Rows>(iota(700)) == iota(700)
