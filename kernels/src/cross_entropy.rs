//! Cross-entropy of rows of logits with labels: `loss = log sum exp(x) - x[label]`, over vocabularies of any size.
//!
//! One pass over the logits forward, one pass that also writes backward, and nothing of the size of the logits between
//! them: what is kept is one number a row, `log sum exp(x)`. A vocabulary such as 50,257 is odd, so rows start anywhere;
//! they are read by eight aligned elements all the same. (The naive way, a softmax and then its logarithm at the label,
//! writes and reads the probabilities.)
//!
//! On the CPU `Tensor::cross_entropy` is one program a direction too and takes a sixth of the time; so these are for devices
//! that want them.

use crate::case::{Case, Size};
use crate::rows::{max8, sum8, whole, within};
use formwork::kernel::{Array, kernel};
use formwork::{DType, Dim, Float, Tensor};

/// A label that does not count, as in PyTorch: its row has no loss.
const IGNORED: i64 = -100;

/// The loss of each row, and `log sum exp(x)` of it, which the gradient needs. A label outside the row is an error, unless
/// it is -100.
#[kernel(block = 512, grad = cross_entropy_grad)]
pub fn cross_entropy_rows<E: Float, R: Dim, V: Dim>(
    x: &Array<E, (R, V)>,
    labels: &Array<i64, (R,)>,
    loss: &mut Array<f32, (R,)>,
    logs: &mut Array<f32, (R,)>,
) {
    let row = block_idx();
    let lead = row * V % 8;
    // The lowest number, not -inf: the difference of two of those is no number.
    let mut m = f32::MIN;
    let mut sums = [0.0f32; 8];
    for k in (thread_idx()..(lead + V).div_ceil(8)).step_by(block_dim()) {
        let mut f = [f32::NEG_INFINITY; 8];
        if whole(8 * k, lead, V) {
            let v = x.vector::<8>((row, 8 * k - lead));
            for i in 0..8 {
                f[i] = cast::<f32>(v[i]);
            }
        } else {
            for i in 0..8 {
                if within(8 * k + i, lead, V) {
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
    if thread_idx() == 0 {
        let log_sum = most + sum.ln();
        logs[row] = log_sum;
        let label = labels[row];
        loss[row] = if label == IGNORED { 0.0 } else { log_sum - cast::<f32>(x[(row, label as usize)]) };
    }
}

/// The cotangent of the logits from that of the losses: `(exp(x - log sum exp(x)) - [j = label]) g`.
#[kernel(block = 512, no_grad)]
pub fn cross_entropy_backward<E: Float, R: Dim, V: Dim>(
    x: &Array<E, (R, V)>,
    labels: &Array<i64, (R,)>,
    logs: &Array<f32, (R,)>,
    g: &Array<f32, (R,)>,
    dx: &mut Array<E, (R, V)>,
) {
    let row = block_idx();
    let lead = row * V % 8;
    let label = labels[row] as usize;
    let log_sum = logs[row];
    let slope = if labels[row] == IGNORED { 0.0 } else { g[row] };
    for k in (thread_idx()..(lead + V).div_ceil(8)).step_by(block_dim()) {
        if whole(8 * k, lead, V) {
            let v = x.vector::<8>((row, 8 * k - lead));
            let mut out = [E::of(0.0); 8];
            for i in 0..8 {
                let hit = if 8 * k + i - lead == label { 1.0 } else { 0.0 };
                out[i] = cast::<E>((exp(cast::<f32>(v[i]) - log_sum) - hit) * slope);
            }
            dx.set_vector((row, 8 * k - lead), out);
        } else {
            for i in 0..8 {
                if within(8 * k + i, lead, V) {
                    let j = 8 * k + i - lead;
                    let hit = if j == label { 1.0 } else { 0.0 };
                    dx[(row, j)] = cast::<E>((exp(cast::<f32>(x[(row, j)]) - log_sum) - hit) * slope);
                }
            }
        }
    }
}

/// `log sum exp(x)` has no cotangent: nobody outside of this file sees it.
fn cross_entropy_grad<E: Float, R: Dim, V: Dim>(
    x: &Tensor<(R, V), E>,
    labels: &Tensor<(R,), i64>,
    _: &Tensor<(R,)>,
    logs: &Tensor<(R,)>,
    g: &Tensor<(R,)>,
    _: &Tensor<(R,)>,
) -> Tensor<(R, V), E> {
    cross_entropy_backward(x, labels, logs, g)
}

/// The loss of each row: `log sum exp(x) - x[label]`.
#[track_caller]
pub fn cross_entropy<E: Float, R: Dim, V: Dim>(x: &Tensor<(R, V), E>, labels: &Tensor<(R,), i64>) -> Tensor<(R,)> {
    cross_entropy_rows(x, labels).0
}

/// The losses of rows of `n` in plain Rust.
pub fn reference(x: &[f64], n: usize, labels: &[i64]) -> Vec<f64> {
    let row = |(row, &label): (&[f64], &i64)| {
        let m = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        m + row.iter().map(|x| (x - m).exp()).sum::<f64>().ln() - row[label as usize]
    };
    x.chunks(n).zip(labels).map(row).collect()
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let (rows, n) = size.pick((5, 1003), (8192, 50_257));
    let case = |name: &str, source, e: DType, arrays: u64| {
        Case::new(format!("{name}/{e}"), source, [e.into(), rows.into(), n.into()])
            .fill(
                |param, i| {
                    if param == 1 { (i * 7 % 1003) as f64 } else { ((i * 37 + param) % 101) as f64 / 16.0 - 3.0 }
                },
            )
            .bytes(arrays * rows * n * e.size() as u64)
    };
    let both = |e| {
        [
            case("cross_entropy", &cross_entropy_rows::SOURCE, e, 1),
            case("cross_entropy_backward", &cross_entropy_backward::SOURCE, e, 2),
        ]
    };
    [DType::F32, DType::BF16].into_iter().flat_map(both).collect()
}
