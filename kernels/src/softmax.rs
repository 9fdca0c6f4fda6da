//! Softmax and log-softmax of rows: `y = exp(x - max x) / sum exp(x - max x)`, and its logarithm.
//!
//! From naive to fast:
//! - [`row_softmax_naive()`] goes over its row three times: the maximum, the sum, the result. Each thread takes one element
//!   at a time. For rows of up to 1024 it stays the better one: they are in the cache before they are read again, and
//!   larger blocks would have nothing to do.
//! - [`row_softmax()`] finds maximum and sum in one pass (Milakov and Gimelshein 2018: the sum is scaled down whenever the
//!   maximum grows), eight elements at once. The second pass finds its row in the cache: 512 threads take so much of a
//!   multiprocessor that only four rows are under way there, 128 KiB of 8192 floats.
//!
//! On the CPU `Tensor::softmax` is one program of the planner, which reads its row from L1 too and takes half the time, with
//! its gradient as well; so these are for devices that want them.

use crate::case::{Case, Size};
use crate::rows::{max8, sum8, whole, within};
use formwork::kernel::{Array, device, kernel};
use formwork::{DType, Dim, Float, Tensor};

/// The softmax of each row, or its logarithm if `logarithm`; element by element.
#[kernel(block = 128, grad = row_softmax_grad)]
pub fn row_softmax_naive<E: Float, R: Dim, N: Dim>(x: &Array<E, (R, N)>, logarithm: bool, y: &mut Array<E, (R, N)>) {
    let row = block_idx();
    let mut m = f32::NEG_INFINITY;
    for j in (thread_idx()..N).step_by(block_dim()) {
        m = max(m, cast::<f32>(x[(row, j)]));
    }
    m = block_reduce_max(m);
    let mut sum = 0.0f32;
    for j in (thread_idx()..N).step_by(block_dim()) {
        sum += exp(cast::<f32>(x[(row, j)]) - m);
    }
    sum = block_reduce_sum(sum);
    for j in (thread_idx()..N).step_by(block_dim()) {
        let d = cast::<f32>(x[(row, j)]) - m;
        y[(row, j)] = cast::<E>(if logarithm { d - sum.ln() } else { exp(d) / sum });
    }
}

/// The softmax of each row, or its logarithm if `logarithm`. The sum is in f32.
#[kernel(block = 512, grad = row_softmax_grad)]
pub fn row_softmax<E: Float, R: Dim, N: Dim>(x: &Array<E, (R, N)>, logarithm: bool, y: &mut Array<E, (R, N)>) {
    let row = block_idx();
    let lead = row * N % 8;
    // The lowest number, not -inf: the difference of two of those is no number.
    let mut m = f32::MIN;
    let mut sums = [0.0f32; 8];
    for k in (thread_idx()..(lead + N).div_ceil(8)).step_by(block_dim()) {
        let mut f = [f32::NEG_INFINITY; 8];
        if whole(8 * k, lead, N) {
            let v = x.vector::<8>((row, 8 * k - lead));
            for i in 0..8 {
                f[i] = cast::<f32>(v[i]);
            }
        } else {
            for i in 0..8 {
                if within(8 * k + i, lead, N) {
                    f[i] = cast::<f32>(x[(row, 8 * k + i - lead)]);
                }
            }
        }
        let top = max(m, max8(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]));
        let shrink = exp(m - top);
        for i in 0..8 {
            sums[i] = fma(sums[i], shrink, exp(f[i] - top));
        }
        m = top;
    }
    let own = sum8(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]);
    let most = block_reduce_max(m);
    let sum = block_reduce_sum(own * exp(m - most));
    let scale = 1.0 / sum;
    let shift = sum.ln();
    for k in (thread_idx()..(lead + N).div_ceil(8)).step_by(block_dim()) {
        if whole(8 * k, lead, N) {
            let v = x.vector::<8>((row, 8 * k - lead));
            let mut out = [E::of(0.0); 8];
            for i in 0..8 {
                let d = cast::<f32>(v[i]) - most;
                out[i] = cast::<E>(if logarithm { d - shift } else { exp(d) * scale });
            }
            y.set_vector((row, 8 * k - lead), out);
        } else {
            for i in 0..8 {
                if within(8 * k + i, lead, N) {
                    let d = cast::<f32>(x[(row, 8 * k + i - lead)]) - most;
                    y[(row, 8 * k + i - lead)] = cast::<E>(if logarithm { d - shift } else { exp(d) * scale });
                }
            }
        }
    }
}

/// The cotangent of the input of [`row_softmax()`] from its result and the result's cotangent:
/// `y (g - sum g y)`, of the logarithm `g - exp(y) sum g`.
#[kernel(block = 512, no_grad)]
pub fn row_softmax_backward<E: Float, R: Dim, N: Dim>(
    y: &Array<E, (R, N)>,
    g: &Array<E, (R, N)>,
    logarithm: bool,
    dx: &mut Array<E, (R, N)>,
) {
    let row = block_idx();
    let lead = row * N % 8;
    let mut sums = [0.0f32; 8];
    for k in (thread_idx()..(lead + N).div_ceil(8)).step_by(block_dim()) {
        if whole(8 * k, lead, N) {
            let v = y.vector::<8>((row, 8 * k - lead));
            let u = g.vector::<8>((row, 8 * k - lead));
            for i in 0..8 {
                sums[i] = fma(if logarithm { 1.0 } else { cast::<f32>(v[i]) }, cast::<f32>(u[i]), sums[i]);
            }
        } else {
            for i in 0..8 {
                if within(8 * k + i, lead, N) {
                    let v = cast::<f32>(y[(row, 8 * k + i - lead)]);
                    sums[i] = fma(if logarithm { 1.0 } else { v }, cast::<f32>(g[(row, 8 * k + i - lead)]), sums[i]);
                }
            }
        }
    }
    let sum = block_reduce_sum(sum8(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]));
    for k in (thread_idx()..(lead + N).div_ceil(8)).step_by(block_dim()) {
        if whole(8 * k, lead, N) {
            let v = y.vector::<8>((row, 8 * k - lead));
            let u = g.vector::<8>((row, 8 * k - lead));
            let mut out = [E::of(0.0); 8];
            for i in 0..8 {
                out[i] = cast::<E>(pulled(cast::<f32>(v[i]), cast::<f32>(u[i]), sum, logarithm));
            }
            dx.set_vector((row, 8 * k - lead), out);
        } else {
            for i in 0..8 {
                if within(8 * k + i, lead, N) {
                    let at = 8 * k + i - lead;
                    let value = pulled(cast::<f32>(y[(row, at)]), cast::<f32>(g[(row, at)]), sum, logarithm);
                    dx[(row, at)] = cast::<E>(value);
                }
            }
        }
    }
}

/// One element of [`row_softmax_backward()`].
#[device]
fn pulled(y: f32, g: f32, sum: f32, logarithm: bool) -> f32 {
    if logarithm { g - exp(y) * sum } else { y * (g - sum) }
}

fn row_softmax_grad<E: Float, R: Dim, N: Dim>(
    _: &Tensor<(R, N), E>,
    logarithm: bool,
    y: &Tensor<(R, N), E>,
    g: &Tensor<(R, N), E>,
) -> Tensor<(R, N), E> {
    row_softmax_backward(y, g, logarithm)
}

/// The softmax of each row.
#[track_caller]
pub fn softmax<E: Float, R: Dim, N: Dim>(x: &Tensor<(R, N), E>) -> Tensor<(R, N), E> {
    of_rows(x, false)
}

/// The logarithm of the softmax of each row.
#[track_caller]
pub fn log_softmax<E: Float, R: Dim, N: Dim>(x: &Tensor<(R, N), E>) -> Tensor<(R, N), E> {
    of_rows(x, true)
}

#[track_caller]
fn of_rows<E: Float, R: Dim, N: Dim>(x: &Tensor<(R, N), E>, logarithm: bool) -> Tensor<(R, N), E> {
    match x.dims()[1] {
        ..=1024 => row_softmax_naive(x, logarithm),
        _ => row_softmax(x, logarithm),
    }
}

/// The softmax of rows of `n` in plain Rust.
pub fn reference(x: &[f64], n: usize, logarithm: bool) -> Vec<f64> {
    let row = |row: &[f64]| {
        let m = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|x| (x - m).exp()).sum();
        let one = |x: &f64| if logarithm { x - m - sum.ln() } else { (x - m).exp() / sum };
        row.iter().map(one).collect::<Vec<f64>>()
    };
    x.chunks(n).flat_map(row).collect()
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let (rows, n) = size.pick((3, 4105), (32_768, 8192));
    let case = |name: &str, source, e: DType, arrays: u64, log: f64| {
        Case::new(format!("{name}/{e}"), source, [e.into(), rows.into(), n.into()])
            .scalars(&[log])
            .bytes(arrays * rows * n * e.size() as u64)
    };
    let both = |e| {
        [
            case("softmax_naive", &row_softmax_naive::SOURCE, e, 2, 0.0),
            case("softmax", &row_softmax::SOURCE, e, 2, 0.0),
            case("log_softmax", &row_softmax::SOURCE, e, 2, 1.0),
            case("softmax_backward", &row_softmax_backward::SOURCE, e, 3, 0.0),
        ]
    };
    [DType::F32, DType::BF16].into_iter().flat_map(both).collect()
}
