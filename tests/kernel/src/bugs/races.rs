//! Threads of a block, and blocks of a launch, on one element.

use formwork::prelude::*;

/// Neighbours are read before they are written.
#[kernel(block = 64, grid = 1)]
pub fn turned(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U64,)>) {
    let s = shared::<[f32; 64]>();
    let t = thread_idx();
    s[t] = x[t]; //~ Race
    y[t] = s[63 - t];
}
// finds: turned(iota(64))

#[kernel(block = 64, grid = 1)]
pub fn turned_right(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U64,)>) {
    let s = shared::<[f32; 64]>();
    let t = thread_idx();
    s[t] = x[t];
    sync_threads();
    y[t] = s[63 - t];
}
// run: turned_right(ones(64)) == ones(64)

/// A barrier of the warp where one of the block is needed.
#[kernel(block = 64, grid = 1)]
pub fn crossed(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U64,)>) {
    let s = shared::<[f32; 64]>();
    let t = thread_idx();
    s[t] = x[t];
    sync_warp();
    y[t] = s[t ^ 32]; //~ Race
}
// finds: crossed(iota(64))

#[kernel(block = 64, grid = 1)]
pub fn crossed_right(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U64,)>) {
    let s = shared::<[f32; 64]>();
    let t = thread_idx();
    s[t] = x[t];
    sync_warp();
    y[t] = s[t ^ 16];
}
// run: crossed_right(ones(64)) == ones(64)

/// The tree without a barrier a step.
#[kernel(block = 64, grid = 1)]
pub fn tree(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U1,)>) {
    let s = shared::<[f32; 64]>();
    let t = thread_idx();
    s[t] = x[t];
    sync_threads();
    let mut d = 32;
    while d > 0 {
        if t < d {
            s[t] += s[t + d]; //~ Race
        }
        d /= 2;
    }
    sync_threads();
    if t == 0 {
        y[0] = s[0];
    }
}
// finds: tree(iota(64))

#[kernel(block = 64, grid = 1)]
pub fn tree_right(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U1,)>) {
    let s = shared::<[f32; 64]>();
    let t = thread_idx();
    s[t] = x[t];
    sync_threads();
    let mut d = 32;
    while d > 0 {
        if t < d {
            s[t] += s[t + d];
        }
        sync_threads();
        d /= 2;
    }
    if t == 0 {
        y[0] = s[0];
    }
}
// run: tree_right(iota(64)) == [2016.0]

/// The second barrier of a loop over tiles is missing: the next tile comes too early.
#[kernel(block = 32, grid = 1)]
pub fn tiles(x: &Array<f32, (U4, U32)>, y: &mut Array<f32, (U32,)>) {
    let s = shared::<[f32; 32]>();
    let t = thread_idx();
    let mut sum = 0.0;
    for k in 0..4 {
        s[t] = x[(k, t)]; //~ Race
        sync_threads();
        sum += s[31 - t];
    }
    y[t] = sum;
}
// finds: tiles(ones(4, 32))

#[kernel(block = 32, grid = 1)]
pub fn tiles_right(x: &Array<f32, (U4, U32)>, y: &mut Array<f32, (U32,)>) {
    let s = shared::<[f32; 32]>();
    let t = thread_idx();
    let mut sum = 0.0;
    for k in 0..4 {
        s[t] = x[(k, t)];
        sync_threads();
        sum += s[31 - t];
        sync_threads();
    }
    y[t] = sum;
}
// run: tiles_right(ones(4, 32)) == [4.0; 32]

/// All threads write one element, the same value even.
#[kernel(block = 32, grid = 1)]
pub fn flagged(x: &Array<i32, (U32,)>, #[zeroed] y: &mut Array<i32, (U1,)>) {
    if x[thread_idx()] > 0 {
        y[0] = 1; //~ Race
    }
}
// finds: flagged(ones(32))

#[kernel(block = 32, grid = 1)]
pub fn flagged_right(x: &Array<i32, (U32,)>, #[zeroed] y: &mut Array<i32, (U1,)>) {
    if x[thread_idx()] > 0 {
        atomic_max(&mut y[0], 1);
    }
}
// run: flagged_right(ones(32)) == [1]

/// A counter that is read, raised and written.
#[kernel(block = 32, grid = 1)]
pub fn counted(x: &Array<i32, (U32,)>, #[zeroed] y: &mut Array<i32, (U4,)>) {
    let k = (x[thread_idx()] % 4) as usize;
    y[k] += 1; //~ Race
}
// finds: counted(iota(32))

#[kernel(block = 32, grid = 1)]
pub fn counted_right(x: &Array<i32, (U32,)>, #[zeroed] y: &mut Array<i32, (U4,)>) {
    let k = (x[thread_idx()] % 4) as usize;
    atomic_add(&mut y[k], 1);
}
// run: counted_right(iota(32)) == [8, 8, 8, 8]

/// A plain write beside atomic operations.
#[kernel(block = 32, grid = 1)]
pub fn reset(x: &Array<i32, (U32,)>, #[zeroed] y: &mut Array<i32, (U1,)>) {
    if thread_idx() == 0 {
        y[0] = 100;
    }
    atomic_add(&mut y[0], x[thread_idx()]); //~ Race
}
// finds: reset(ones(32))

#[kernel(block = 32, grid = 1)]
pub fn reset_right(x: &Array<i32, (U32,)>, #[zeroed] y: &mut Array<i32, (U1,)>) {
    if thread_idx() == 0 {
        y[0] = 100;
    }
    sync_threads();
    atomic_add(&mut y[0], x[thread_idx()]);
}
// run: reset_right(ones(32)) == [132]

/// A plain read of what others add to, between barriers that lie elsewhere.
#[kernel(block = 64, grid = 1)]
pub fn watched(x: &Array<i32, (U64,)>, y: &mut Array<i32, (U64,)>) {
    let s = shared::<[i32; 1]>();
    let t = thread_idx();
    if t == 0 {
        s[0] = x[0];
    }
    sync_threads();
    if t == 63 {
        s[0] = x[63];
    }
    y[t] = s[0]; //~ Race
}
// finds: watched(ones(64))

#[kernel(block = 64, grid = 1)]
pub fn watched_right(x: &Array<i32, (U64,)>, y: &mut Array<i32, (U64,)>) {
    let s = shared::<[i32; 1]>();
    let t = thread_idx();
    if t == 0 {
        s[0] = x[0];
    }
    sync_threads();
    y[t] = s[0];
    sync_threads();
    if t == 63 {
        s[0] = x[63];
    }
}
// run: watched_right(ones(64)) == [1; 64]

/// Writes through an array of memory of the device, read by the neighbour after a barrier of the warp only.
#[kernel(block = 64, grid = 1)]
pub fn passed(x: &Array<i32, (U64,)>, y: &mut Array<i32, (U64,)>, z: &mut Array<i32, (U64,)>) {
    let t = thread_idx();
    y[t] = x[t];
    sync_warp();
    z[t] = y[(t + 1) % 64]; //~ Race
}
// finds: passed(ones(64))

#[kernel(block = 64, grid = 1)]
pub fn passed_right(x: &Array<i32, (U64,)>, y: &mut Array<i32, (U64,)>, z: &mut Array<i32, (U64,)>) {
    let t = thread_idx();
    y[t] = x[t];
    sync_threads();
    z[t] = y[(t + 1) % 64];
}
// run: passed_right(ones(64)) == ([1; 64], [1; 64])

/// Every block writes the same element.
#[kernel(block = 32, grid = 4)]
pub fn blocks_meet(x: &Array<f32, (U4, U32)>, #[zeroed] y: &mut Array<f32, (U32,)>) {
    y[thread_idx()] += x[(block_idx(), thread_idx())]; //~ BlockRace
}
// finds: blocks_meet(ones(4, 32))

#[kernel(block = 32, grid = 4)]
pub fn blocks_meet_right(x: &Array<f32, (U4, U32)>, #[zeroed] y: &mut Array<f32, (U32,)>) {
    atomic_add(&mut y[thread_idx()], x[(block_idx(), thread_idx())]);
}
// run: blocks_meet_right(ones(4, 32)) == [4.0; 32]

/// A block reads what another one writes: no barrier is between them.
#[kernel(block = 32, grid = 2)]
pub fn blocks_pass(x: &Array<i32, (U64,)>, #[zeroed] y: &mut Array<i32, (U64,)>, z: &mut Array<i32, (U64,)>) {
    let i = global_idx();
    y[i] = x[i];
    sync_threads();
    z[i] = y[63 - i]; //~ BlockRace
}
// finds: blocks_pass(ones(64))

#[kernel(block = 32, grid = 2)]
pub fn blocks_pass_right(x: &Array<i32, (U64,)>, #[zeroed] y: &mut Array<i32, (U64,)>, z: &mut Array<i32, (U64,)>) {
    let i = global_idx();
    y[i] = x[i];
    sync_threads();
    z[i] = y[block_idx() * 32 + 31 - thread_idx()];
}
// run: blocks_pass_right(ones(64)) == ([1; 64], [1; 64])

/// Tiles that lap over by an element.
#[kernel(block = 32, grid = 2)]
pub fn overlapping(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U64,)>) {
    let first = block_idx() * 31;
    y[first + thread_idx()] = x[first + thread_idx()]; //~ BlockRace
    if block_idx() == 1 && thread_idx() == 0 {
        y[63] = x[63];
    }
}
// finds: overlapping(ones(64))

#[kernel(block = 32, grid = 2)]
pub fn overlapping_right(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U64,)>) {
    let first = block_idx() * 32;
    y[first + thread_idx()] = x[first + thread_idx()];
}
// run: overlapping_right(ones(64)) == ones(64)

/// A plain write of one block, an atomic operation of another.
#[kernel(block = 32, grid = 2)]
pub fn last_writes(x: &Array<i32, (U32,)>, #[zeroed] y: &mut Array<i32, (U1,)>) {
    if block_idx() == 0 {
        atomic_add(&mut y[0], x[thread_idx()]);
    } else if thread_idx() == 0 {
        y[0] = 0; //~ BlockRace
    }
}
// finds: last_writes(ones(32))

#[kernel(block = 32, grid = 2)]
pub fn last_writes_right(x: &Array<i32, (U32,)>, #[zeroed] y: &mut Array<i32, (U2,)>) {
    if block_idx() == 0 {
        atomic_add(&mut y[0], x[thread_idx()]);
    } else if thread_idx() == 0 {
        y[1] = -1;
    }
}
// run: last_writes_right(ones(32)) == [32, -1]
