//! Running sums of rows: `y[i] = x[0] + .. + x[i]`, or from the end.
//!
//! A block goes over its row, 2048 elements at a time: each thread adds up eight neighbours, the block scans the sums of
//! its threads, and what came before is carried to the next 2048. So the row is read once and written once. The naive way,
//! a thread a row, reads without any neighbour and leaves the device empty. The gradient is the running sum from the other
//! end.
//!
//! On the CPU `Tensor::cumsum` goes down a row with one sum in f64, and takes two thirds of the time; so this is for devices
//! that want it, and its floats, added up in f32 and in another order, differ in the last bits.

use crate::case::{Case, Size};
use crate::rows::{whole, within};
use formwork::kernel::{Array, kernel};
use formwork::{DType, Dim, Float, Tensor};

/// The running sums of each row, from its end if `reverse`.
#[kernel(block = 256, grad = cumsum_grad)]
pub fn cumsum_rows<E: Float, R: Dim, N: Dim>(x: &Array<E, (R, N)>, reverse: bool, y: &mut Array<E, (R, N)>) {
    let row = block_idx();
    let lead = row * N % 8;
    let laps = (lead + N).div_ceil(8 * block_dim());
    let total = shared::<[f32; 1]>();
    let mut before = 0.0f32;
    for lap in 0..laps {
        // Threads of a reverse scan stand in the row from right to left.
        let place = lap * block_dim() + thread_idx();
        let k = if reverse { laps * block_dim() - 1 - place } else { place };
        let mut f = [0.0f32; 8];
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
        let mut sum = 0.0f32;
        for i in 0..8 {
            if reverse {
                sum += f[7 - i];
                f[7 - i] = sum;
            } else {
                sum += f[i];
                f[i] = sum;
            }
        }
        let upto = block_scan_sum(sum);
        if thread_idx() == block_dim() - 1 {
            total[0] = upto;
        }
        let base = before + (upto - sum);
        if whole(8 * k, lead, N) {
            let mut out = [E::of(0.0); 8];
            for i in 0..8 {
                out[i] = cast::<E>(base + f[i]);
            }
            y.set_vector((row, 8 * k - lead), out);
        } else {
            for i in 0..8 {
                if within(8 * k + i, lead, N) {
                    y[(row, 8 * k + i - lead)] = cast::<E>(base + f[i]);
                }
            }
        }
        sync_threads();
        before += total[0];
        sync_threads();
    }
}

fn cumsum_grad<E: Float, R: Dim, N: Dim>(
    _: &Tensor<(R, N), E>,
    reverse: bool,
    _: &Tensor<(R, N), E>,
    g: &Tensor<(R, N), E>,
) -> Tensor<(R, N), E> {
    cumsum_rows(g, !reverse)
}

/// The running sums of each row.
#[track_caller]
pub fn cumsum<E: Float, R: Dim, N: Dim>(x: &Tensor<(R, N), E>) -> Tensor<(R, N), E> {
    cumsum_rows(x, false)
}

/// The running sums of rows of `n` in plain Rust.
pub fn reference(x: &[f64], n: usize, reverse: bool) -> Vec<f64> {
    let mut y = x.to_vec();
    for row in y.chunks_mut(n) {
        let mut sum = 0.0;
        for j in 0..n {
            let j = if reverse { n - 1 - j } else { j };
            sum += row[j];
            row[j] = sum;
        }
    }
    y
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let (rows, n) = size.pick((3, 4105), (32_768, 8192));
    let case = |name: &str, e: DType, reverse: f64| {
        Case::new(format!("{name}/{e}"), &cumsum_rows::SOURCE, [e.into(), rows.into(), n.into()])
            .scalars(&[reverse])
            .bytes(2 * rows * n * e.size() as u64)
    };
    let both = |e| [case("cumsum", e, 0.0), case("cumsum_backward", e, 1.0)];
    [DType::F32, DType::BF16].into_iter().flat_map(both).collect()
}
