//! Layer norm and RMS norm of rows: `y = (x - mean) / sqrt(variance + eps) * weight + bias`, and `x / sqrt(mean x^2 + eps) *
//! weight`. RMS norm is layer norm whose mean is taken to be zero, so one kernel does both.
//!
//! From naive to fast:
//! - [`norm_rows_naive()`] reads its row three times (mean, variance, result), an element at a time.
//! - [`norm_rows()`] finds mean and variance in one pass, by the formula of Chan, Golub and LeVeque 1979, which is as exact:
//!   each thread merges the mean and the squares of eight elements with what it has, and the block merges its threads. The
//!   second pass finds the row in the cache. It wants rows of a multiple of eight, so that they and the weight are read as
//!   sixteen bytes; others take the naive way.
//!
//! The cotangent of the weight is a sum down the columns: blocks of 32 columns by 128 parts of the rows, then a sum of the
//! parts, so there is no atomic operation and every run gives the same bits.
//!
//! On the CPU `Tensor::layer_norm` and `Tensor::rms_norm` are programs of the planner, one a direction, which keep their
//! row in L1 and take 0.4 of the time; so these are for devices that want them.

use crate::case::{Case, Size};
use crate::rows::sum8;
use formwork::kernel::{Array, kernel};
use formwork::{DType, Dim, Float, Tensor, U128};

/// Each row as deviations from its mean, or from zero if not `centered`, over their root mean square, times `weight`, plus
/// `bias`; beside them the mean and the reciprocal of the root, which the gradient needs. Element by element.
#[kernel(block = 256, grad = norm_rows_grad)]
pub fn norm_rows_naive<E: Float, R: Dim, N: Dim>(
    x: &Array<E, (R, N)>,
    weight: &Array<E, (N,)>,
    bias: &Array<E, (N,)>,
    eps: f32,
    centered: bool,
    y: &mut Array<E, (R, N)>,
    means: &mut Array<f32, (R,)>,
    scales: &mut Array<f32, (R,)>,
) {
    let row = block_idx();
    let mut sum = 0.0f32;
    for j in (thread_idx()..N).step_by(block_dim()) {
        sum += cast::<f32>(x[(row, j)]);
    }
    sum = block_reduce_sum(sum);
    let mean = if centered { sum / (N as f32) } else { 0.0 };
    let mut squares = 0.0f32;
    for j in (thread_idx()..N).step_by(block_dim()) {
        let d = cast::<f32>(x[(row, j)]) - mean;
        squares = fma(d, d, squares);
    }
    squares = block_reduce_sum(squares);
    let scale = 1.0 / sqrt(squares / (N as f32) + eps);
    if thread_idx() == 0 {
        means[row] = mean;
        scales[row] = scale;
    }
    for j in (thread_idx()..N).step_by(block_dim()) {
        let d = (cast::<f32>(x[(row, j)]) - mean) * scale;
        y[(row, j)] = cast::<E>(fma(d, cast::<f32>(weight[j]), cast::<f32>(bias[j])));
    }
}

/// [`norm_rows_naive()`] for rows of a multiple of eight.
#[kernel(block = 256, grad = norm_rows_grad)]
pub fn norm_rows<E: Float, R: Dim, N: Dim>(
    x: &Array<E, (R, N)>,
    weight: &Array<E, (N,)>,
    bias: &Array<E, (N,)>,
    eps: f32,
    centered: bool,
    y: &mut Array<E, (R, N)>,
    means: &mut Array<f32, (R,)>,
    scales: &mut Array<f32, (R,)>,
) {
    let row = block_idx();
    // Of this thread's elements: how many eights, their mean, their squared distances from it.
    let mut count = 0.0f32;
    let mut mean = 0.0f32;
    let mut squares = 0.0f32;
    for k in (thread_idx()..N / 8).step_by(block_dim()) {
        let v = x.vector::<8>((row, 8 * k));
        let mut f = [0.0f32; 8];
        for i in 0..8 {
            f[i] = cast::<f32>(v[i]);
        }
        let sum = sum8(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]);
        let own = if centered { 0.125 * sum } else { 0.0 };
        for i in 0..8 {
            f[i] = (f[i] - own) * (f[i] - own);
        }
        let delta = own - mean;
        let share = 1.0 / (count + 1.0);
        squares += sum8(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]) + 8.0 * delta * delta * count * share;
        mean += delta * share;
        count += 1.0;
    }
    let eights = (N / 8) as f32;
    let center = block_reduce_sum(mean * count) / eights;
    let off = mean - center;
    let variance = block_reduce_sum(0.125 * squares + off * off * count) / eights;
    let scale = 1.0 / sqrt(variance + eps);
    if thread_idx() == 0 {
        means[row] = center;
        scales[row] = scale;
    }
    for k in (thread_idx()..N / 8).step_by(block_dim()) {
        let v = x.vector::<8>((row, 8 * k));
        let w = weight.vector::<8>(8 * k);
        let b = bias.vector::<8>(8 * k);
        let mut out = [E::of(0.0); 8];
        for i in 0..8 {
            let d = (cast::<f32>(v[i]) - center) * scale;
            out[i] = cast::<E>(fma(d, cast::<f32>(w[i]), cast::<f32>(b[i])));
        }
        y.set_vector((row, 8 * k), out);
    }
}

/// The cotangent of the rows of [`norm_rows()`]: with `h = g weight` and `d = (x - mean) scale`,
/// `dx = scale (h - mean h - d mean (h d))`, without `mean h` if not `centered`.
#[kernel(block = 256, no_grad)]
pub fn norm_rows_backward_naive<E: Float, R: Dim, N: Dim>(
    x: &Array<E, (R, N)>,
    weight: &Array<E, (N,)>,
    means: &Array<f32, (R,)>,
    scales: &Array<f32, (R,)>,
    g: &Array<E, (R, N)>,
    centered: bool,
    dx: &mut Array<E, (R, N)>,
) {
    let row = block_idx();
    let mean = means[row];
    let scale = scales[row];
    let mut sum = 0.0f32;
    let mut product = 0.0f32;
    for j in (thread_idx()..N).step_by(block_dim()) {
        let h = cast::<f32>(g[(row, j)]) * cast::<f32>(weight[j]);
        sum += h;
        product = fma(h, (cast::<f32>(x[(row, j)]) - mean) * scale, product);
    }
    let all = block_reduce_sum(sum);
    let level = if centered { all / (N as f32) } else { 0.0 };
    let slope = block_reduce_sum(product) / (N as f32);
    for j in (thread_idx()..N).step_by(block_dim()) {
        let h = cast::<f32>(g[(row, j)]) * cast::<f32>(weight[j]);
        let d = (cast::<f32>(x[(row, j)]) - mean) * scale;
        dx[(row, j)] = cast::<E>(scale * (h - level - d * slope));
    }
}

/// [`norm_rows_backward_naive()`] for rows of a multiple of eight.
#[kernel(block = 256, no_grad)]
pub fn norm_rows_backward<E: Float, R: Dim, N: Dim>(
    x: &Array<E, (R, N)>,
    weight: &Array<E, (N,)>,
    means: &Array<f32, (R,)>,
    scales: &Array<f32, (R,)>,
    g: &Array<E, (R, N)>,
    centered: bool,
    dx: &mut Array<E, (R, N)>,
) {
    let row = block_idx();
    let mean = means[row];
    let scale = scales[row];
    let mut sum = [0.0f32; 8];
    let mut product = [0.0f32; 8];
    for k in (thread_idx()..N / 8).step_by(block_dim()) {
        let v = x.vector::<8>((row, 8 * k));
        let u = g.vector::<8>((row, 8 * k));
        let w = weight.vector::<8>(8 * k);
        for i in 0..8 {
            let h = cast::<f32>(u[i]) * cast::<f32>(w[i]);
            sum[i] += h;
            product[i] = fma(h, (cast::<f32>(v[i]) - mean) * scale, product[i]);
        }
    }
    let own = sum8(sum[0], sum[1], sum[2], sum[3], sum[4], sum[5], sum[6], sum[7]);
    let all = block_reduce_sum(own);
    let level = if centered { all / (N as f32) } else { 0.0 };
    let own = sum8(product[0], product[1], product[2], product[3], product[4], product[5], product[6], product[7]);
    let slope = block_reduce_sum(own) / (N as f32);
    for k in (thread_idx()..N / 8).step_by(block_dim()) {
        let v = x.vector::<8>((row, 8 * k));
        let u = g.vector::<8>((row, 8 * k));
        let w = weight.vector::<8>(8 * k);
        let mut out = [E::of(0.0); 8];
        for i in 0..8 {
            let h = cast::<f32>(u[i]) * cast::<f32>(w[i]);
            let d = (cast::<f32>(v[i]) - mean) * scale;
            out[i] = cast::<E>(scale * (h - level - d * slope));
        }
        dx.set_vector((row, 8 * k), out);
    }
}

/// The cotangents of weight and bias, in 128 parts by rows: sums of `g d` and of `g` down the columns.
#[kernel(block = (32, 8), grid = (N.div_ceil(32), 128), no_grad)]
pub fn norm_weights_backward<E: Float, R: Dim, N: Dim>(
    x: &Array<E, (R, N)>,
    means: &Array<f32, (R,)>,
    scales: &Array<f32, (R,)>,
    g: &Array<E, (R, N)>,
    dweight: &mut Array<f32, (U128, N)>,
    dbias: &mut Array<f32, (U128, N)>,
) {
    let products = shared::<[[f32; 32]; 8]>();
    let sums = shared::<[[f32; 32]; 8]>();
    let part = block_idx_y();
    let j = block_idx() * 32 + thread_idx();
    let mut product = 0.0f32;
    let mut sum = 0.0f32;
    if j < N {
        for row in (part * 8 + thread_idx_y()..R).step_by(8 * 128) {
            let u = cast::<f32>(g[(row, j)]);
            product = fma(u, (cast::<f32>(x[(row, j)]) - means[row]) * scales[row], product);
            sum += u;
        }
    }
    products[thread_idx_y()][thread_idx()] = product;
    sums[thread_idx_y()][thread_idx()] = sum;
    sync_threads();
    if thread_idx_y() == 0 && j < N {
        let mut dw = 0.0f32;
        let mut db = 0.0f32;
        for i in 0..8 {
            dw += products[i][thread_idx()];
            db += sums[i][thread_idx()];
        }
        dweight[(part, j)] = dw;
        dbias[(part, j)] = db;
    }
}

/// The means and scales have no cotangents: nobody outside of this file sees them.
fn norm_rows_grad<E: Float, R: Dim, N: Dim>(
    x: &Tensor<(R, N), E>,
    weight: &Tensor<(N,), E>,
    _: &Tensor<(N,), E>,
    _: f32,
    centered: bool,
    _: &Tensor<(R, N), E>,
    means: &Tensor<(R,)>,
    scales: &Tensor<(R,)>,
    g: &Tensor<(R, N), E>,
    _: &Tensor<(R,)>,
    _: &Tensor<(R,)>,
) -> (Tensor<(R, N), E>, Tensor<(N,), E>, Tensor<(N,), E>) {
    let dx = match x.dims()[1] % 8 {
        0 => norm_rows_backward(x, weight, means, scales, g, centered),
        _ => norm_rows_backward_naive(x, weight, means, scales, g, centered),
    };
    let (dweight, dbias) = norm_weights_backward(x, means, scales, g);
    (dx, dweight.sum_axis::<0>().cast(), dbias.sum_axis::<0>().cast())
}

/// Layer norm: `(x - mean) / sqrt(variance + eps) * weight + bias`.
#[track_caller]
pub fn layer_norm<R: Dim, N: Dim, E: Float>(
    x: &Tensor<(R, N), E>,
    weight: &Tensor<(N,), E>,
    bias: &Tensor<(N,), E>,
    eps: f32,
) -> Tensor<(R, N), E> {
    normed(x, weight, bias, eps, true)
}

/// RMS norm: `x / sqrt(mean x^2 + eps) * weight`.
#[track_caller]
pub fn rms_norm<R: Dim, N: Dim, E: Float>(
    x: &Tensor<(R, N), E>,
    weight: &Tensor<(N,), E>,
    eps: f32,
) -> Tensor<(R, N), E> {
    normed(x, weight, &weight.zeros_like(), eps, false)
}

#[track_caller]
fn normed<R: Dim, N: Dim, E: Float>(
    x: &Tensor<(R, N), E>,
    weight: &Tensor<(N,), E>,
    bias: &Tensor<(N,), E>,
    eps: f32,
    centered: bool,
) -> Tensor<(R, N), E> {
    match x.dims()[1] % 8 {
        0 => norm_rows(x, weight, bias, eps, centered).0,
        _ => norm_rows_naive(x, weight, bias, eps, centered).0,
    }
}

/// Layer norm of rows of `weight.len()`, or RMS norm if not `centered`, in plain Rust.
pub fn reference(x: &[f64], weight: &[f64], bias: &[f64], eps: f64, centered: bool) -> Vec<f64> {
    let n = weight.len();
    let row = |row: &[f64]| {
        let mean = if centered { row.iter().sum::<f64>() / n as f64 } else { 0.0 };
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        let one = |j: usize| (row[j] - mean) / (variance + eps).sqrt() * weight[j] + bias[j];
        (0..n).map(one).collect::<Vec<f64>>()
    };
    x.chunks(n).flat_map(row).collect()
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let (rows, n) = size.pick((3, 2056), (32_768, 8192));
    let case = |name: &str, source, e: DType, arrays: u64, scalars: &[f64]| {
        Case::new(format!("{name}/{e}"), source, [e.into(), rows.into(), n.into()])
            .scalars(scalars)
            .bytes(arrays * rows * n * e.size() as u64)
    };
    let all = |e| {
        [
            case("layer_norm_naive", &norm_rows_naive::SOURCE, e, 2, &[1e-5, 1.0]),
            case("layer_norm", &norm_rows::SOURCE, e, 2, &[1e-5, 1.0]),
            case("rms_norm", &norm_rows::SOURCE, e, 2, &[1e-5, 0.0]),
            case("layer_norm_backward_naive", &norm_rows_backward_naive::SOURCE, e, 3, &[1.0]),
            case("layer_norm_backward", &norm_rows_backward::SOURCE, e, 3, &[1.0]),
            case("norm_weights_backward", &norm_weights_backward::SOURCE, e, 2, &[]),
        ]
    };
    [DType::F32, DType::BF16].into_iter().flat_map(all).collect()
}
