//! Barriers and operations of warps and blocks that not all threads reach. What the macro can see it refuses; these depend
//! on values that a race makes differ.

use formwork::prelude::*;

/// The bar that all threads compare with is still being written.
#[kernel(block = 64, grid = 1)]
pub fn raised(x: &Array<i32, (U64,)>, y: &mut Array<i32, (U64,)>) {
    let s = shared::<[i32; 1]>();
    let t = thread_idx();
    if t == 0 {
        s[0] = x[0];
    }
    sync_threads();
    if t == 40 {
        s[0] = 0;
    }
    y[t] = 0;
    if s[0] > 0 {
        //~ Race
        sync_threads(); //~ Barrier
        y[t] = 1;
    }
}
// finds: raised(ones(64))

#[kernel(block = 64, grid = 1)]
pub fn raised_right(x: &Array<i32, (U64,)>, y: &mut Array<i32, (U64,)>) {
    let s = shared::<[i32; 1]>();
    let t = thread_idx();
    if t == 0 {
        s[0] = x[0];
    }
    sync_threads();
    y[t] = 0;
    if s[0] > 0 {
        sync_threads();
        y[t] = 1;
    }
}
// run: raised_right(ones(64)) == [1; 64]

/// A loop that the first thread ends for all, without a barrier before the others ask.
#[kernel(block = 64, grid = 1)]
pub fn rounds(x: &Array<i32, (U64,)>, y: &mut Array<i32, (U64,)>) {
    let s = shared::<[i32; 1]>();
    let t = thread_idx();
    if t == 0 {
        s[0] = x[0];
    }
    sync_threads();
    let mut n = 0;
    while s[0] > 0 {
        //~ Race
        sync_threads();
        n += 1;
        if t == 0 {
            s[0] -= 1;
        }
    }
    y[t] = n;
}
// finds: rounds(ones(64))

#[kernel(block = 64, grid = 1)]
pub fn rounds_right(x: &Array<i32, (U64,)>, y: &mut Array<i32, (U64,)>) {
    let s = shared::<[i32; 1]>();
    let t = thread_idx();
    if t == 0 {
        s[0] = x[0];
    }
    sync_threads();
    let mut n = 0;
    while s[0] > 0 {
        sync_threads();
        n += 1;
        if t == 0 {
            s[0] -= 1;
        }
        sync_threads();
    }
    y[t] = n;
}
// run: rounds_right(ones(64)) == [1; 64]

/// Lanes that ask for a reduction by a value that their neighbours change.
#[kernel(block = 32, grid = 1)]
pub fn voted(x: &Array<f32, (U32,)>, y: &mut Array<f32, (U32,)>) {
    let s = shared::<[f32; 1]>();
    let t = thread_idx();
    if t == 0 {
        s[0] = x[0];
    }
    sync_threads();
    if t == 16 {
        s[0] = -1.0;
    }
    let mut v = x[t];
    if s[0] > 0.0 {
        //~ Race
        v = warp_reduce_sum(v); //~ Warp
    } else {
        sync_warp();
    }
    y[t] = v;
}
// finds: voted(ones(32))

#[kernel(block = 32, grid = 1)]
pub fn voted_right(x: &Array<f32, (U32,)>, y: &mut Array<f32, (U32,)>) {
    let s = shared::<[f32; 1]>();
    let t = thread_idx();
    if t == 0 {
        s[0] = x[0];
    }
    sync_threads();
    let mut v = x[t];
    if s[0] > 0.0 {
        v = warp_reduce_sum(v);
    } else {
        sync_warp();
    }
    y[t] = v;
}
// run: voted_right(ones(32)) == [32.0; 32]

/// A reduction of the block, entered by those that saw the old value.
#[kernel(block = 64, grid = 1)]
pub fn entered(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U64,)>) {
    let s = shared::<[f32; 1]>();
    let t = thread_idx();
    if t == 0 {
        s[0] = x[0];
    }
    sync_threads();
    if t == 50 {
        s[0] = -1.0;
    }
    let mut v = 0.0;
    if s[0] > 0.0 {
        //~ Race
        v = block_reduce_sum(x[t]); //~ Barrier
    }
    y[t] = v;
}
// finds: entered(ones(64))

#[kernel(block = 64, grid = 1)]
pub fn entered_right(x: &Array<f32, (U64,)>, y: &mut Array<f32, (U64,)>) {
    let s = shared::<[f32; 1]>();
    let t = thread_idx();
    if t == 0 {
        s[0] = x[0];
    }
    sync_threads();
    let mut v = 0.0;
    if s[0] > 0.0 {
        v = block_reduce_sum(x[t]);
    }
    sync_threads();
    if t == 50 {
        s[0] = -1.0;
    }
    y[t] = v;
}
// run: entered_right(ones(64)) == [64.0; 64]

/// A return by a result that another thread has just written.
#[kernel(block = 64, grid = 1)]
pub fn stopped(x: &Array<i32, (U64,)>, #[zeroed] stop: &mut Array<i32, (U1,)>, y: &mut Array<i32, (U64,)>) {
    let t = thread_idx();
    y[t] = x[t];
    if t == 10 {
        stop[0] = 1;
    }
    if stop[0] > 0 {
        //~ Race
        return;
    }
    sync_threads(); //~ Barrier
    y[t] = x[63 - t];
}
// finds: stopped(ones(64))

#[kernel(block = 64, grid = 1)]
pub fn stopped_right(x: &Array<i32, (U64,)>, #[zeroed] stop: &mut Array<i32, (U1,)>, y: &mut Array<i32, (U64,)>) {
    let t = thread_idx();
    y[t] = x[t];
    if t == 10 {
        stop[0] = 1;
    }
    sync_threads();
    if stop[0] > 0 {
        return;
    }
    sync_threads();
    y[t] = x[63 - t];
}
// run: stopped_right(ones(64)) == ([1], [1; 64])
