//! Atomic operations on memory of the device and of a block.

use crate::values::Values;
use formwork::prelude::*;

/// Counts of numbers.
#[kernel]
pub fn histogram<N: Dim, K: Dim>(x: &Array<i32, (N,)>, #[zeroed] y: &mut Array<i32, (K,)>) {
    let i = global_idx();
    if i < N {
        atomic_add(&mut y[x[i] as usize], 1);
    }
}
// run: histogram::<_, U4>([0, 2]) == [1, 0, 1, 0]

/// The same with a grid of its own, first counted in the block.
#[kernel(block = 64, grid = N.div_ceil(64))]
pub fn block_histogram<N: Dim, K: Dim>(x: &Array<i32, (N,)>, #[zeroed] y: &mut Array<i32, (K,)>) {
    let counts = shared::<Array<i32, (K,)>>();
    let t = thread_idx();
    for k in (t..K).step_by(64) {
        counts[k] = 0;
    }
    sync_threads();
    let i = global_idx();
    if i < N {
        atomic_add_block(&mut counts[x[i] as usize % K], 1);
    }
    sync_threads();
    for k in (t..K).step_by(64) {
        atomic_add(&mut y[k], counts[k]);
    }
}
// run: block_histogram::<_, U4>([0, 2, 2, 1, 2, 0, 2]) == [2, 1, 4, 0]
// run: block_histogram::<_, U7>(iota(300)) == [43, 43, 43, 43, 43, 43, 42]

/// The largest and the smallest.
#[kernel(block = 32, grid = N.div_ceil(32))]
pub fn extent<N: Dim>(x: &Array<i64, (N,)>, #[zeroed] y: &mut Array<i64, (U2,)>) {
    let i = global_idx();
    if i >= N {
        return;
    }
    atomic_max(&mut y[0], x[i]);
    atomic_min(&mut y[1], x[i]);
}
// run: extent([3, -9, 4294967296000, 2]) == [4294967296000, -9]
// run: extent(wave(100)) == [50, -50]

/// Sums of floats; of whole numbers, so that their order does not matter.
#[kernel(block = 32, grid = R)]
pub fn column_sums<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, #[zeroed] y: &mut Array<f32, (N,)>) {
    for j in (thread_idx()..N).step_by(32) {
        atomic_add(&mut y[j], x[(block_idx(), j)]);
    }
}
// run: column_sums([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]) == [9.0, 12.0]
// run: column_sums::<Rows, Columns>(ones(20, 50)) == [20.0; 50]

/// Places for those that pass, in any order: their sum and count are the same.
#[kernel(block = 32, grid = N.div_ceil(32))]
pub fn compacted<N: Dim>(
    x: &Array<i32, (N,)>,
    #[zeroed] y: &mut Array<i32, (N,)>,
    #[zeroed] count: &mut Array<i32, (U1,)>,
) {
    let i = global_idx();
    if i < N && x[i] > 0 {
        let place = atomic_add(&mut count[0], 1);
        y[place as usize] = 1;
    }
}
// run: compacted([3, -1, 0, 7, 9]) == ([1, 1, 1, 0, 0], [3])

/// What an exchange finds, and a compare-exchange that only one thread wins.
#[kernel(block = 32, grid = 1)]
pub fn won(#[zeroed] lock: &mut Array<i32, (U2,)>, #[zeroed] y: &mut Array<i32, (U3,)>) {
    let old = atomic_compare_exchange(&mut lock[0], 0, 7);
    if old == 0 {
        atomic_add(&mut y[0], 1);
    } else {
        atomic_add(&mut y[1], old);
    }
    let before = atomic_exchange(&mut lock[1], 5);
    atomic_add(&mut y[2], before);
}
// run: won() == ([7, 5], [1, 217, 155])

/// Unsigned numbers, and every operation among the threads of a block.
#[kernel(block = 40, grid = R)]
pub fn block_extremes<R: Dim>(x: &Array<i32, (R, U40)>, y: &mut Array<i64, (R, U4)>) {
    let s = shared::<[u32; 3]>();
    let owner = shared::<[i32; 1]>();
    let t = thread_idx();
    if t < 3 {
        s[t] = if t == 1 { 4294967295 } else { 0 };
    }
    if t == 0 {
        owner[0] = -1;
    }
    sync_threads();
    let v = x[(block_idx(), t)] as u32;
    atomic_max_block(&mut s[0], v);
    atomic_min_block(&mut s[1], v);
    atomic_add_block(&mut s[2], v);
    sync_threads();
    if v == s[0] {
        atomic_exchange_block(&mut owner[0], t as i32);
    }
    sync_threads();
    if t == 0 {
        for k in 0..3 {
            y[(block_idx(), k)] = s[k] as i64;
        }
        y[(block_idx(), 3)] = owner[0] as i64;
    }
}
// run: block_extremes(iota(2, 40)) == [[39, 0, 780, 39], [79, 40, 2380, 39]]

/// Fractions of f32 that add up exactly, from values that are bits.
#[kernel(block = 64, grid = 2)]
pub fn mean<N: Dim>(x: &Array<f32, (N,)>, #[zeroed] y: &mut Array<f32, (U1,)>) {
    let mut sum = 0.0;
    for i in (global_idx()..N).step_by(block_dim() * grid_dim()) {
        sum += x[i];
    }
    let all = block_reduce_sum(sum);
    if thread_idx() == 0 {
        atomic_add(&mut y[0], all / N as f32);
    }
}
// run: mean(iota(256)) == [127.5]
// run: mean(wave(128)) == mean_reference

pub fn mean_reference(args: &[Values]) -> Vec<Values> {
    let x = args[0].numbers();
    vec![Values::of(&[1], &[(x.iter().sum::<f64>() / x.len() as f64) as f32])]
}
