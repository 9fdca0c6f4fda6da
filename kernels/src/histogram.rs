//! How often each number occurs: `y[b] = #{ i : x[i] = b }`.
//!
//! From naive to fast:
//! - [`histogram_naive()`] counts in device memory. All threads of the device meet at a few hundred counters.
//! - [`histogram()`] counts in shared memory, where each of a block's eight warps has counters of its own, and adds them to
//!   device memory once a block. A thread takes sixteen numbers at once. The grid is of fixed size, eight blocks for each of
//!   an H100's 132 multiprocessors, so that the last additions stay few.
//!
//! On the CPU the planner has no operation that counts; there the blocks run in order, which the atomic operations ask for.

use crate::case::{Case, Size};
use formwork::kernel::{Array, kernel};
use formwork::{DType, Dim, Num, U8};

/// The counts of the numbers below `B`; one outside is an error. Every number is added to device memory.
#[kernel(block = 256, grid = N.div_ceil(256), no_grad)]
pub fn histogram_naive<E: Num, N: Dim, B: Dim>(x: &Array<E, (N,)>, #[zeroed] y: &mut Array<i32, (B,)>) {
    let i = global_idx();
    if i < N {
        atomic_add(&mut y[cast::<usize>(x[i])], 1);
    }
}

/// The counts of the numbers below `B`; one outside is an error.
#[kernel(block = 256, grid = 1056, no_grad)]
pub fn histogram<E: Num, N: Dim, B: Dim>(x: &Array<E, (N,)>, #[zeroed] y: &mut Array<i32, (B,)>) {
    let counts = shared::<Array<i32, (U8, B)>>();
    for i in (thread_idx()..8 * B).step_by(block_dim()) {
        counts[(i / B, i % B)] = 0;
    }
    sync_threads();
    let warp = warp_idx();
    let threads = block_dim() * grid_dim();
    for k in (global_idx()..N / 16).step_by(threads) {
        let v = x.vector::<16>(16 * k);
        for i in 0..16 {
            atomic_add_block(&mut counts[(warp, cast::<usize>(v[i]))], 1);
        }
    }
    let rest = N / 16 * 16 + global_idx();
    if rest < N {
        atomic_add_block(&mut counts[(warp, cast::<usize>(x[rest]))], 1);
    }
    sync_threads();
    for b in (thread_idx()..B).step_by(block_dim()) {
        let mut count = 0;
        for w in 0..8 {
            count += counts[(w, b)];
        }
        if count > 0 {
            atomic_add(&mut y[b], count);
        }
    }
}

/// The counts of the numbers below `bins` in plain Rust.
pub fn reference(x: &[i64], bins: usize) -> Vec<i32> {
    let mut y = vec![0; bins];
    x.iter().for_each(|&x| y[x as usize] += 1);
    y
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let n = size.pick(5_003, 1 << 28);
    let case = |name: &str, source, e: DType| {
        Case::new(format!("{name}/{e}"), source, [e.into(), n.into(), 256.into()])
            .fill(|_, i| (i.wrapping_mul(0x9e37_79b9) >> 16 & 255) as f64)
            .bytes(n * e.size() as u64)
    };
    let both = |e| [case("histogram_naive", &histogram_naive::SOURCE, e), case("histogram", &histogram::SOURCE, e)];
    [DType::U8, DType::I32].into_iter().flat_map(both).collect()
}
