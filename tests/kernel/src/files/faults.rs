//! Faults that set the error word and become errors of the first look, on every engine.

use formwork::prelude::*;

/// Rows by number.
#[kernel]
pub fn gathered<N: Dim, K: Dim>(x: &Array<f32, (N,)>, at: &Array<i64, (K,)>, y: &mut Array<f32, (K,)>) {
    let i = global_idx();
    y[i] = x[at[i] as usize];
}
// run: gathered([1.0, 2.0, 3.0], [2, 0]) == [3.0, 1.0]
// run: gathered([1.0, 2.0, 3.0], [2, 3]) faults
// run: gathered([1.0, 2.0, 3.0], [-1, 0]) faults
// run: gathered::<Rows, _>([1.0, 2.0, 3.0], [0, 1, 9]) faults

/// Whole quotients.
#[kernel]
pub fn quotients<N: Dim>(a: &Array<i32, (N,)>, b: &Array<i32, (N,)>, y: &mut Array<i32, (N,)>) {
    let i = global_idx();
    y[i] = a[i] / b[i];
}
// run: quotients([7, 9], [2, -3]) == [3, -3]
// run: quotients([7, 9], [2, 0]) faults

/// A store past the end of shared memory.
#[kernel(block = 32, grid = 1)]
pub fn pushed(x: &Array<i32, (U32,)>, y: &mut Array<i32, (U32,)>) {
    let s = shared::<[i32; 32]>();
    let t = thread_idx();
    s[t] = 0;
    sync_threads();
    s[(t as i32 + x[t]) as usize] = 1;
    sync_threads();
    y[t] = s[t];
}
// run: pushed(zeros(32)) == [1; 32]
// run: pushed(ones(32)) faults

/// Past the end of a local array.
#[kernel(block = 1, grid = 1)]
pub fn picked(x: &Array<f32, (U2,)>, which: i32, y: &mut Array<f32, (U1,)>) {
    let both = [x[0], x[1]];
    y[0] = both[which as usize];
}
// run: picked([5.0, 6.0], 1) == [6.0]
// run: picked([5.0, 6.0], 2) faults

/// A vector past the end, and one that does not start at a multiple of its width.
#[kernel(block = 1, grid = 1)]
pub fn fetched(x: &Array<f32, (U8,)>, start: usize, y: &mut Array<f32, (U4,)>) {
    let v = x.vector::<4>(start);
    y.set_vector(0, v);
}
// run: fetched(iota(8), 4) == [4.0, 5.0, 6.0, 7.0]
// run: fetched(iota(8), 8) faults
// run: fetched(iota(8), 2) faults
