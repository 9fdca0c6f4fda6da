//! The product of two matrices of f32, on the cores for floats: `y[i, j] = sum x[i, k] w[k, j]`.
//!
//! From naive to fast:
//! - [`matmul_naive()`]: a thread an element. It reads two numbers for each product and sum.
//! - [`matmul_tiled()`]: a block of 32 by 32 elements takes 32 columns of `x` and rows of `w` into shared memory and reads each
//!   from there 32 times. Two reads of shared memory a product and sum still.
//! - [`matmul_registers()`]: a block of 128 by 128, a thread 8 by 8 of it in registers: sixteen numbers are read for 64 products and
//!   sums. `x` lies turned in shared memory, so that both are read as sixteen bytes; its rows there are 132 long, which
//!   spreads the writes over the banks. The eight columns of a thread are two groups of four, 64 apart, so that
//!   neighbours read neighbouring banks. It reads sixteen bytes at a time, so rows are of a multiple of four.
//!
//! On the CPU, and where a device's library has it, `Tensor::matmul` is a contraction and faster than any of these: they
//! show the way, and fill in where that library is missing.

use crate::case::{Case, Size};
use formwork::kernel::{Array, kernel};
use formwork::{Dim, Tensor, U16, U128, U132};

/// The product, a thread an element.
#[kernel(block = (32, 8), grid = (N.div_ceil(32), M.div_ceil(8)), no_grad)]
pub fn matmul_naive<M: Dim, K: Dim, N: Dim>(
    x: &Array<f32, (M, K)>,
    w: &Array<f32, (K, N)>,
    y: &mut Array<f32, (M, N)>,
) {
    let i = block_idx_y() * 8 + thread_idx_y();
    let j = block_idx() * 32 + thread_idx();
    if i < M && j < N {
        let mut sum = 0.0;
        for k in 0..K {
            sum = fma(x[(i, k)], w[(k, j)], sum);
        }
        y[(i, j)] = sum;
    }
}

/// The product by tiles in shared memory, a thread an element.
#[kernel(block = (32, 32), grid = (N.div_ceil(32), M.div_ceil(32)), grad = matmul_grad)]
pub fn matmul_tiled<M: Dim, K: Dim, N: Dim>(
    x: &Array<f32, (M, K)>,
    w: &Array<f32, (K, N)>,
    y: &mut Array<f32, (M, N)>,
) {
    let xs = shared::<[[f32; 32]; 32]>();
    let ws = shared::<[[f32; 32]; 32]>();
    let i = block_idx_y() * 32 + thread_idx_y();
    let j = block_idx() * 32 + thread_idx();
    let mut sum = 0.0f32;
    for tile in 0..K.div_ceil(32) {
        let (column, row) = (tile * 32 + thread_idx(), tile * 32 + thread_idx_y());
        xs[thread_idx_y()][thread_idx()] = if i < M && column < K { x[(i, column)] } else { 0.0 };
        ws[thread_idx_y()][thread_idx()] = if row < K && j < N { w[(row, j)] } else { 0.0 };
        sync_threads();
        for k in 0..32 {
            sum = fma(xs[thread_idx_y()][k], ws[k][thread_idx()], sum);
        }
        sync_threads();
    }
    if i < M && j < N {
        y[(i, j)] = sum;
    }
}

/// The product by tiles in shared memory and in registers. `K` and `N` are multiples of four.
#[kernel(block = (16, 16), grid = (N.div_ceil(128), M.div_ceil(128)), grad = matmul_grad)]
pub fn matmul_registers<M: Dim, K: Dim, N: Dim>(
    x: &Array<f32, (M, K)>,
    w: &Array<f32, (K, N)>,
    y: &mut Array<f32, (M, N)>,
) {
    let xs = shared::<Array<f32, (U16, U132)>>();
    let ws = shared::<Array<f32, (U16, U128)>>();
    let top = block_idx_y() * 128;
    let left = block_idx() * 128;
    let t = thread_idx_y() * 16 + thread_idx();
    let mut sums = [[0.0f32; 8]; 8];
    for tile in 0..K.div_ceil(16) {
        for half in 0..2 {
            // Of x, four columns of rows t / 4 and t / 4 + 64; of w, four columns of rows t / 32 and t / 32 + 8.
            let (i, column) = (t / 4 + 64 * half, t % 4 * 4);
            let mut u = [0.0f32; 4];
            if top + i < M && tile * 16 + column < K {
                u = x.vector::<4>((top + i, tile * 16 + column));
            }
            for e in 0..4 {
                xs[(column + e, i)] = u[e];
            }
            let (k, j) = (t / 32 + 8 * half, t % 32 * 4);
            let mut v = [0.0f32; 4];
            if tile * 16 + k < K && left + j < N {
                v = w.vector::<4>((tile * 16 + k, left + j));
            }
            ws.set_vector((k, j), v);
        }
        sync_threads();
        for k in 0..16 {
            let a = xs.vector::<4>((k, 4 * thread_idx_y()));
            let b = xs.vector::<4>((k, 64 + 4 * thread_idx_y()));
            let c = ws.vector::<4>((k, 4 * thread_idx()));
            let d = ws.vector::<4>((k, 64 + 4 * thread_idx()));
            for i in 0..4 {
                for j in 0..4 {
                    sums[i][j] = fma(a[i], c[j], sums[i][j]);
                    sums[i][4 + j] = fma(a[i], d[j], sums[i][4 + j]);
                    sums[4 + i][j] = fma(b[i], c[j], sums[4 + i][j]);
                    sums[4 + i][4 + j] = fma(b[i], d[j], sums[4 + i][4 + j]);
                }
            }
        }
        sync_threads();
    }
    for i in 0..8 {
        let row = top + i / 4 * 64 + 4 * thread_idx_y() + i % 4;
        for half in 0..2 {
            let column = left + 64 * half + 4 * thread_idx();
            if row < M && column < N {
                y.set_vector(
                    (row, column),
                    [sums[i][4 * half], sums[i][4 * half + 1], sums[i][4 * half + 2], sums[i][4 * half + 3]],
                );
            }
        }
    }
}

/// The product, by the fastest of these that takes it.
#[track_caller]
pub fn matmul<M: Dim, K: Dim, N: Dim>(x: &Tensor<(M, K)>, w: &Tensor<(K, N)>) -> Tensor<(M, N)> {
    match (w.dims()[0] % 4, w.dims()[1] % 4) {
        (0, 0) => matmul_registers(x, w),
        _ => matmul_tiled(x, w),
    }
}

fn matmul_grad<M: Dim, K: Dim, N: Dim>(
    x: &Tensor<(M, K)>,
    w: &Tensor<(K, N)>,
    _: &Tensor<(M, N)>,
    g: &Tensor<(M, N)>,
) -> (Tensor<(M, K)>, Tensor<(K, N)>) {
    (matmul(g, &w.transpose::<0, 1>()), matmul(&x.transpose::<0, 1>(), g))
}

/// The product of rows of `k` with rows of `n` in plain Rust.
pub fn reference(x: &[f64], w: &[f64], k: usize, n: usize) -> Vec<f64> {
    let mut y = vec![0.0; x.len() / k * n];
    for (x, y) in x.chunks(k).zip(y.chunks_mut(n)) {
        for (x, w) in x.iter().zip(w.chunks(n)) {
            y.iter_mut().zip(w).for_each(|(y, w)| *y += x * w);
        }
    }
    y
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let sizes: &[[u64; 3]] = size.pick(&[[130, 20, 72], [64, 36, 132]], &[[4096; 3]]);
    let case = |name: &str, source, [m, k, n]: [u64; 3]| {
        Case::new(format!("{name}/{m}x{k}x{n}"), source, [m.into(), k.into(), n.into()]).flops(2 * m * k * n)
    };
    let all = |&size| {
        [
            case("matmul_naive", &matmul_naive::SOURCE, size),
            case("matmul_tiled", &matmul_tiled::SOURCE, size),
            case("matmul_registers", &matmul_registers::SOURCE, size),
        ]
    };
    sizes.iter().flat_map(all).collect::<Vec<Case>>()
}
