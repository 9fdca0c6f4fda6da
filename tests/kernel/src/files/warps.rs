//! Warps: shuffles, votes, reductions and scans, with lanes that are missing.

use crate::values::Values;
use formwork::prelude::*;

/// Every shuffle of a block of a warp and a half: a lane that is not there gives the reader's own value.
#[kernel(block = 48, grid = 1)]
pub fn shuffles(x: &Array<i32, (U48,)>, y: &mut Array<i32, (U5, U48)>) {
    let t = thread_idx();
    let v = x[t];
    let first = shuffle(v, 0);
    let below = shuffle_up(v, 3);
    let above = shuffle_down(v, 3);
    let across = shuffle_xor(v, 5);
    let turned = shuffle(v, 15 - (lane_idx() % 16) as u32);
    y[(0, t)] = first;
    y[(1, t)] = below;
    y[(2, t)] = above;
    y[(3, t)] = across;
    y[(4, t)] = turned;
}
// run: shuffles(iota(48)) == shuffles_reference

pub fn shuffles_reference(args: &[Values]) -> Vec<Values> {
    let x = args[0].vec::<i32>();
    let from = |t: usize, lane: i64| {
        let source = (t / 32 * 32) as i64 + lane;
        if (0..32).contains(&lane) && source < 48 { x[source as usize] } else { x[t] }
    };
    let row = |f: &dyn Fn(i64) -> i64| (0..48).map(|t: usize| from(t, f((t % 32) as i64))).collect::<Vec<_>>();
    let rows = [row(&|_| 0), row(&|l| l - 3), row(&|l| l + 3), row(&|l| l ^ 5), row(&|l| 15 - l % 16)];
    vec![Values::of(&[5, 48], &rows.concat())]
}

/// Votes of each warp.
#[kernel(block = 40, grid = 1)]
pub fn votes(x: &Array<f32, (U40,)>, bar: f32, y: &mut Array<i64, (U40, U3)>) {
    let t = thread_idx();
    let above = x[t] > bar;
    let who = ballot(above);
    let any = warp_any(above);
    let all = warp_all(above);
    y[(t, 0)] = who as i64;
    y[(t, 1)] = any as i64;
    y[(t, 2)] = if all { 1 } else { 0 };
}
// run: votes(iota(40), 29.0) == votes_reference
// run: votes(iota(40), -1.0) == votes_reference
// run: votes(zeros(40), 0.0) == [[0, 0, 0]; 40]

pub fn votes_reference(args: &[Values]) -> Vec<Values> {
    let (x, bar) = (args[0].vec::<f32>(), args[1].scalar::<f32>());
    let row = |t: usize| {
        let warp: Vec<bool> = x[t / 32 * 32..(t / 32 * 32 + 32).min(40)].iter().map(|x| *x > bar).collect();
        let who = warp.iter().enumerate().filter(|(_, above)| **above).map(|(i, _)| 1i64 << i).sum::<i64>();
        [who, warp.contains(&true) as i64, !warp.contains(&false) as i64]
    };
    vec![Values::of(&[40, 3], &(0..40).flat_map(row).collect::<Vec<_>>())]
}

/// Reductions and the scan of a warp, of any number.
#[kernel(block = 37, grid = 1)]
pub fn reduced<E: Num>(x: &Array<E, (U37,)>, y: &mut Array<E, (U37, U4)>) {
    let t = thread_idx();
    let v = x[t];
    let sum = warp_reduce_sum(v);
    let top = warp_reduce_max(v);
    let low = warp_reduce_min(v);
    let scan = warp_scan_sum(v);
    y[(t, 0)] = sum;
    y[(t, 1)] = top;
    y[(t, 2)] = low;
    y[(t, 3)] = scan;
}
// run: reduced::<i32>(wave(37)) == reduced_reference
// run: reduced::<i64>(wave(37)) == reduced_reference
// run: reduced::<f32>(wave(37)) == reduced_reference
// run: reduced::<f64>(wave(37)) == reduced_reference
// run: reduced::<f16>(ones(37)) == reduced_reference
// run: reduced::<bf16>(ones(37)) == reduced_reference

pub fn reduced_reference(args: &[Values]) -> Vec<Values> {
    let x = args[0].numbers();
    let row = |t: usize| {
        let warp = &x[t / 32 * 32..(t / 32 * 32 + 32).min(37)];
        let extreme = |f: fn(f64, f64) -> f64| warp.iter().copied().reduce(f).unwrap_or(0.0);
        let scan = warp[..=t % 32].iter().sum();
        [warp.iter().sum(), extreme(f64::max), extreme(f64::min), scan]
    };
    let y: Vec<f64> = (0..37).flat_map(row).collect();
    vec![Values::from_fn(args[0].ty, &[37, 4], |i| y[i])]
}

/// A warp that has fewer rows to do than its block has warps; others have ended.
#[kernel(block = 128, grid = R.div_ceil(4))]
pub fn warp_rows<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R,)>) {
    let row = block_idx() * 4 + warp_idx();
    if row >= R {
        return;
    }
    let mut sum = 0.0;
    for j in (lane_idx()..N).step_by(32) {
        sum += x[(row, j)];
    }
    let mut offset = 16;
    while offset > 0 {
        sum += shuffle_xor(sum, offset);
        offset /= 2;
    }
    if lane_idx() == 0 {
        y[row] = sum;
    }
}
// run: warp_rows([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.0]]) == [3.0, 7.0, 11.0, 15.0, 19.0]
// run: warp_rows::<Rows, Columns>(ones(6, 100)) == [100.0; 6]

/// A loop that each warp leaves by a vote of its own, and a barrier of the warp over shared memory.
#[kernel(block = 64, grid = 1)]
pub fn halved(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U64,)>, rounds: &mut Array<i32, (U2,)>) {
    let s = shared::<[f32; 64]>();
    let t = thread_idx();
    let mut v = x[t];
    let mut n = 0;
    while warp_any(v > 8.0) {
        v *= 0.5;
        n += 1;
    }
    s[t] = v;
    sync_warp();
    y[t] = s[t ^ 1];
    if lane_idx() == 0 {
        rounds[warp_idx()] = n;
    }
}
// run: halved(iota(64)) == halved_reference

pub fn halved_reference(args: &[Values]) -> Vec<Values> {
    let x = args[0].vec::<f32>();
    let y: Vec<f32> = (0..64).map(|t| x[t ^ 1] / if t < 32 { 4.0 } else { 8.0 }).collect();
    vec![Values::of(&[64], &y), Values::of(&[2], &[2, 3])]
}

/// Maxima keep a NaN of any lane.
#[kernel(block = 32, grid = R)]
pub fn highest<R: Dim>(x: &Array<f32, (R, U2)>, y: &mut Array<f32, (R, U2)>) {
    let v = if lane_idx() < 2 { x[(block_idx(), lane_idx())] } else { -1.0 };
    let top = warp_reduce_max(v);
    let low = warp_reduce_min(v);
    if lane_idx() == 0 {
        y[(block_idx(), 0)] = top;
        y[(block_idx(), 1)] = low;
    }
}
// run: highest([[2.0, 1.0], [f32::NAN, 3.0], [-3.0, f32::NEG_INFINITY]])
//   == [[2.0, -1.0], [f32::NAN, f32::NAN], [-1.0, f32::NEG_INFINITY]]
