//! The `K` largest of each row, in order, and where they stand; of equal ones the first comes first.
//!
//! For small `K`: each thread knows the best of its elements that is not taken yet, the block finds the best of those, and
//! only the thread that had it looks again. So a row is read once, and then a 256th of it `K` times. (The naive way looks
//! through the whole row `K` times; a sort moves all of it.) A NaN is larger than any number, as in `Tensor::topk`.
//!
//! A variant of the region `topk` on the CPU, for few of long rows: one pass of comparisons is faster there than keys for a
//! sort.

use crate::case::{Case, Size};
use crate::variants::{Columns, First, Rows};
use formwork::kernel::{Array, device, kernel};
use formwork::variant::{Call, Kernels};
use formwork::{DType, Device, Dim, Float, Tensor, bf16, f16};

/// The `K` largest of each row, or the smallest, and their places. `K` above `N` is an error.
#[kernel(block = 256, grad = topk_grad)]
pub fn topk_rows<E: Float, R: Dim, N: Dim, K: Dim>(
    x: &Array<E, (R, N)>,
    largest: bool,
    y: &mut Array<E, (R, K)>,
    places: &mut Array<i64, (R, K)>,
) {
    let row = block_idx();
    // The best of this thread's elements that is left, and where it stands: `N` if none is left.
    let mut best = f64::NEG_INFINITY;
    let mut place = N;
    for j in (thread_idx()..N).step_by(block_dim()) {
        let v = rank(cast::<f32>(x[(row, j)]), largest);
        if place == N || v > best {
            best = v;
            place = j;
        }
    }
    for k in 0..K {
        let most = block_reduce_max(if place < N { best } else { f64::NEG_INFINITY });
        let candidate = if place < N && best == most { place } else { N };
        let first = block_reduce_min(candidate as i64) as usize;
        if thread_idx() == 0 {
            y[(row, k)] = x[(row, first)];
            places[(row, k)] = first as i64;
        }
        if place == first {
            let taken = best;
            place = N;
            for j in (thread_idx()..N).step_by(block_dim()) {
                let v = rank(cast::<f32>(x[(row, j)]), largest);
                // What comes after the one that was taken: less, or as much and further right.
                if v < taken || v == taken && j > first {
                    if place == N || v > best {
                        best = v;
                        place = j;
                    }
                }
            }
        }
    }
}

/// What an element counts as: above all numbers, infinity too, there is room for a NaN.
#[device]
fn rank(x: f32, largest: bool) -> f64 {
    let rank = if is_nan(x) { f64::INFINITY } else { min(x as f64, 1e300) };
    if largest { rank } else { -rank }
}

/// The places have no cotangent.
fn topk_grad<E: Float, R: Dim, N: Dim, K: Dim>(
    x: &Tensor<(R, N), E>,
    _: bool,
    _: &Tensor<(R, K), E>,
    places: &Tensor<(R, K), i64>,
    g: &Tensor<(R, K), E>,
) -> Tensor<(R, N), E> {
    topk_backward(x, places, g)
}

/// The cotangent of the row: that of the `K` largest at their places, zero elsewhere. `x` says how long the row is.
#[kernel(no_grad)]
pub fn topk_backward<E: Float, R: Dim, N: Dim, K: Dim>(
    x: &Array<E, (R, N)>,
    places: &Array<i64, (R, K)>,
    g: &Array<E, (R, K)>,
    #[zeroed] dx: &mut Array<E, (R, N)>,
) {
    let row = block_idx();
    for k in (thread_idx()..K).step_by(block_dim()) {
        let place = places[(row, k)] as usize;
        if place < x.size(1) {
            dx[(row, place)] = g[(row, k)];
        }
    }
}

/// The `K` largest of each row and their places: `topk::<U5, ..>(&x)`.
#[track_caller]
pub fn topk<K: Dim, E: Float, R: Dim, N: Dim>(x: &Tensor<(R, N), E>) -> (Tensor<(R, K), E>, Tensor<(R, K), i64>) {
    topk_rows(x, true)
}

/// The region `topk` of one dtype.
type Topk<E> = Kernels<Tensor<(Rows, Columns), E>, (Tensor<(Rows, First), E>, Tensor<(Rows, First), i64>)>;

const fn variant<E: Float>() -> Topk<E> {
    Kernels { computes: "topk", name: "topk_rows", fits, outputs: |call, x| topk_rows(x, largest(call)) }
}

pub(crate) static F32: Topk<f32> = variant();
pub(crate) static F16: Topk<f16> = variant();
pub(crate) static BF16: Topk<bf16> = variant();

/// Rows so long that finding the next of the first again and again costs less than a key for each element.
fn fits(call: &Call) -> bool {
    let (n, k) = (call.inputs[0].dims[1], call.outputs[0].dims[1]);
    call.device == Device::Cpu && k > 0 && 1024 * k <= n
}

fn largest(call: &Call) -> bool {
    call.attribute("largest") == Some(1.0)
}

/// The places of the `k` largest of rows of `n` in plain Rust.
pub fn reference(x: &[f64], n: usize, k: usize) -> Vec<i64> {
    let row = |row: &[f64]| {
        let mut places: Vec<i64> = (0..n as i64).collect();
        places.sort_by(|&a, &b| row[b as usize].total_cmp(&row[a as usize]));
        places.truncate(k);
        places
    };
    x.chunks(n).flat_map(row).collect()
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let (rows, n, k) = size.pick((3, 1029, 5), (32_768, 8192, 8));
    let case = |e: DType| {
        let generics = [e.into(), rows.into(), n.into(), k.into()];
        Case::new(format!("topk/{e}"), &topk_rows::SOURCE, generics)
            .scalars(&[1.0])
            .fill(|_, i| (i.wrapping_mul(0x9e37_79b9) >> 8 & 1023) as f64 / 4.0)
            .bytes(rows * n * e.size() as u64)
    };
    [DType::F32, DType::BF16].map(case).to_vec()
}
