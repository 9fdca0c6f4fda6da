//! Memory that is read before it has a value, and results that never get one.

use formwork::prelude::*;

/// Half of the shared array is never filled.
#[kernel(block = 32, grid = 1)]
pub fn halves(x: &Array<f32, (U32,)>, y: &mut Array<f32, (U32,)>) {
    let s = shared::<[f32; 64]>();
    let t = thread_idx();
    s[t] = x[t];
    sync_threads();
    y[t] = s[t] + s[t + 32]; //~ Uninitialised
}
// finds: halves(ones(32))

#[kernel(block = 32, grid = 1)]
pub fn halves_right(x: &Array<f32, (U32,)>, y: &mut Array<f32, (U32,)>) {
    let s = shared::<[f32; 64]>();
    let t = thread_idx();
    s[t] = x[t];
    s[t + 32] = 0.0;
    sync_threads();
    y[t] = s[t] + s[t + 32];
}
// run: halves_right(ones(32)) == ones(32)

/// Sums into a result that starts with anything.
#[kernel]
pub fn summed<N: Dim>(x: &Array<f32, (N, U2)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    for k in 0..2 {
        y[i] += x[(i, k)]; //~ Uninitialised
    }
}
// finds: summed(ones(3, 2))

#[kernel]
pub fn summed_right<N: Dim>(x: &Array<f32, (N, U2)>, #[zeroed] y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    for k in 0..2 {
        y[i] += x[(i, k)];
    }
}
// run: summed_right(ones(3, 2)) == [2.0; 3]

/// Counts in shared memory that nobody has set to zero.
#[kernel(block = 32, grid = 1)]
pub fn counted(x: &Array<i32, (U32,)>, y: &mut Array<i32, (U4,)>) {
    let s = shared::<[i32; 4]>();
    let t = thread_idx();
    atomic_add_block(&mut s[x[t] as usize % 4], 1); //~ Uninitialised
    sync_threads();
    if t < 4 {
        y[t] = s[t];
    }
}
// finds: counted(iota(32))

#[kernel(block = 32, grid = 1)]
pub fn counted_right(x: &Array<i32, (U32,)>, y: &mut Array<i32, (U4,)>) {
    let s = shared::<[i32; 4]>();
    let t = thread_idx();
    if t < 4 {
        s[t] = 0;
    }
    sync_threads();
    atomic_add_block(&mut s[x[t] as usize % 4], 1);
    sync_threads();
    if t < 4 {
        y[t] = s[t];
    }
}
// run: counted_right(iota(32)) == [8, 8, 8, 8]

/// Warps that hand over more sums than there are warps.
#[kernel(block = 64, grid = 1)]
pub fn handed(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U1,)>) {
    let s = shared::<[f32; 32]>();
    let sum = warp_reduce_sum(x[thread_idx()]);
    if lane_idx() == 0 {
        s[warp_idx()] = sum;
    }
    sync_threads();
    if warp_idx() == 0 {
        let all = warp_reduce_sum(s[lane_idx()]); //~ Uninitialised
        if lane_idx() == 0 {
            y[0] = all;
        }
    }
}
// finds: handed(ones(64))

#[kernel(block = 64, grid = 1)]
pub fn handed_right(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U1,)>) {
    let s = shared::<[f32; 32]>();
    let sum = warp_reduce_sum(x[thread_idx()]);
    if lane_idx() == 0 {
        s[warp_idx()] = sum;
    }
    sync_threads();
    if warp_idx() == 0 {
        let own = if lane_idx() < 2 { s[lane_idx()] } else { 0.0 };
        let all = warp_reduce_sum(own);
        if lane_idx() == 0 {
            y[0] = all;
        }
    }
}
// run: handed_right(ones(64)) == [64.0]

/// The grid is rounded down: the tail is nobody's.
#[kernel(block = 32, grid = 2)]
pub fn doubled(
    x: &Array<f32, (U70,)>,
    y: &mut Array<f32, (U70,)>, //~ Unwritten
) {
    let i = global_idx();
    y[i] = 2.0 * x[i];
}
// finds: doubled(ones(70))

#[kernel(block = 32, grid = 2)]
pub fn doubled_right(x: &Array<f32, (U70,)>, y: &mut Array<f32, (U70,)>) {
    for i in (global_idx()..70).step_by(64) {
        y[i] = 2.0 * x[i];
    }
}
// run: doubled_right(ones(70)) == [2.0; 70]

/// Written where a condition holds only.
#[kernel]
pub fn relu<N: Dim>(
    x: &Array<f32, (N,)>,
    y: &mut Array<f32, (N,)>, //~ Unwritten
) {
    let i = global_idx();
    if x[i] > 0.0 {
        y[i] = x[i];
    }
}
// finds: relu([1.0, -1.0])

#[kernel]
pub fn relu_right<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] = if x[i] > 0.0 { x[i] } else { 0.0 };
}
// run: relu_right([1.0, -1.0]) == [1.0, 0.0]

/// The last lane's sum is the total, and the total is written by the first.
#[kernel(block = 32, grid = R)]
pub fn ends<R: Dim>(
    x: &Array<i32, (R, U32)>,
    y: &mut Array<i32, (R, U2)>, //~ Unwritten
) {
    let scan = warp_scan_sum(x[(block_idx(), lane_idx())]);
    if lane_idx() == 31 {
        y[(block_idx(), 1)] = scan;
    } else if lane_idx() == 32 {
        y[(block_idx(), 0)] = scan;
    }
}
// finds: ends(ones(2, 32))

#[kernel(block = 32, grid = R)]
pub fn ends_right<R: Dim>(x: &Array<i32, (R, U32)>, y: &mut Array<i32, (R, U2)>) {
    let scan = warp_scan_sum(x[(block_idx(), lane_idx())]);
    if lane_idx() == 31 {
        y[(block_idx(), 1)] = scan;
    } else if lane_idx() == 0 {
        y[(block_idx(), 0)] = scan;
    }
}
// run: ends_right(ones(2, 32)) == [[1, 32], [1, 32]]
