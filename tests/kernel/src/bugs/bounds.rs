//! Indices outside, vectors that are not aligned, divisors of zero, steps that lead nowhere.

use formwork::prelude::*;

/// Differences of neighbours: the last has none.
#[kernel(block = 64)]
pub fn differences<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] = x[i + 1] - x[i]; //~ OutOfBounds
}
// finds: differences(iota(100))

#[kernel(block = 64)]
pub fn differences_right<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] = if i + 1 < N { x[i + 1] - x[i] } else { 0.0 };
}
// run: differences_right(iota(3)) == [1.0, 1.0, 0.0]

/// The grid is rounded up, and nobody asks who is past the end.
#[kernel(block = 64, grid = N.div_ceil(64))]
pub fn copied<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    let v = if i < N { x[i] } else { 0.0 };
    y[i] = v; //~ OutOfBounds
}
// finds: copied(iota(70))

#[kernel(block = 64, grid = N.div_ceil(64))]
pub fn copied_right<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    if i < N {
        y[i] = x[i];
    }
}
// run: copied_right(iota(70)) == iota(70)

/// Rows and columns are exchanged.
#[kernel]
pub fn flipped<N: Dim, M: Dim>(x: &Array<i32, (N, M)>, y: &mut Array<i32, (N, M)>) {
    let i = global_idx();
    let (row, column) = (i / M, i % M);
    y[(row, column)] = x[(row, M - column)]; //~ OutOfBounds
}
// finds: flipped([[1, 2, 3], [4, 5, 6]])

#[kernel]
pub fn flipped_right<N: Dim, M: Dim>(x: &Array<i32, (N, M)>, y: &mut Array<i32, (N, M)>) {
    let i = global_idx();
    let (row, column) = (i / M, i % M);
    y[(row, column)] = x[(row, M - 1 - column)];
}
// run: flipped_right([[1, 2, 3], [4, 5, 6]]) == [[3, 2, 1], [6, 5, 4]]

/// A halo that shared memory has no room for.
#[kernel(block = 32, grid = 1)]
pub fn averaged(x: &Array<f32, (U32,)>, y: &mut Array<f32, (U32,)>) {
    let s = shared::<[f32; 33]>();
    let t = thread_idx();
    s[t + 1] = x[t];
    if t == 0 {
        s[0] = 0.0;
        s[33 + t] = 0.0; //~ OutOfBounds
    }
    sync_threads();
    y[t] = s[t] + s[t + 1];
}
// finds: averaged(iota(32))

#[kernel(block = 32, grid = 1)]
pub fn averaged_right(x: &Array<f32, (U32,)>, y: &mut Array<f32, (U32,)>) {
    let s = shared::<[f32; 34]>();
    let t = thread_idx();
    s[t + 1] = x[t];
    if t == 0 {
        s[0] = 0.0;
        s[33] = 0.0;
    }
    sync_threads();
    y[t] = s[t] + s[t + 1];
}
// run: averaged_right(ones(32)) == averaged_reference

pub fn averaged_reference(_: &[crate::values::Values]) -> Vec<crate::values::Values> {
    let y: Vec<f32> = (0..32).map(|t| if t == 0 { 1.0 } else { 2.0 }).collect();
    vec![crate::values::Values::of(&[32], &y)]
}

/// A loop over a local array that goes one too far.
#[kernel(block = 1, grid = 1)]
pub fn totals(x: &Array<i32, (U4,)>, y: &mut Array<i32, (U1,)>) {
    let mut v = [0; 4];
    for k in 0..4 {
        v[k] = x[k];
    }
    let mut sum = 0;
    for k in 0..=4 {
        sum += v[k]; //~ OutOfBounds
    }
    y[0] = sum;
}
// finds: totals([1, 2, 3, 4])

#[kernel(block = 1, grid = 1)]
pub fn totals_right(x: &Array<i32, (U4,)>, y: &mut Array<i32, (U1,)>) {
    let mut v = [0; 4];
    for k in 0..4 {
        v[k] = x[k];
    }
    let mut sum = 0;
    for k in 0..4 {
        sum += v[k];
    }
    y[0] = sum;
}
// run: totals_right([1, 2, 3, 4]) == [10]

/// Vectors that start anywhere.
#[kernel(block = 32, grid = 1)]
pub fn windows(x: &Array<f32, (U36,)>, y: &mut Array<f32, (U32,)>) {
    let t = thread_idx();
    let v = x.vector::<4>(t); //~ OutOfBounds
    y[t] = v[0] + v[1] + v[2] + v[3];
}
// finds: windows(ones(36))

#[kernel(block = 32, grid = 1)]
pub fn windows_right(x: &Array<f32, (U36,)>, y: &mut Array<f32, (U32,)>) {
    let t = thread_idx();
    y[t] = x[t] + x[t + 1] + x[t + 2] + x[t + 3];
}
// run: windows_right(ones(36)) == [4.0; 32]

/// An index that an author vouched for.
#[kernel(block = 32, grid = 1)]
pub fn vouched(x: &Array<f32, (U32,)>, by: usize, y: &mut Array<f32, (U32,)>) {
    let t = thread_idx();
    // SAFETY: none, if `by` is not 0.
    y[t] = unsafe { x.get_unchecked(t + by) }; //~ OutOfBounds
}
// finds: vouched(ones(32), 1)
// run: vouched(ones(32), 0) == ones(32)

/// A mean over rows without columns that count.
#[kernel]
pub fn means<N: Dim>(sum: &Array<i64, (N,)>, count: &Array<i64, (N,)>, y: &mut Array<i64, (N,)>) {
    let i = global_idx();
    y[i] = sum[i] / count[i]; //~ DivisionByZero
}
// finds: means([6, 8, 1], [2, 0, 1])

#[kernel]
pub fn means_right<N: Dim>(sum: &Array<i64, (N,)>, count: &Array<i64, (N,)>, y: &mut Array<i64, (N,)>) {
    let i = global_idx();
    y[i] = if count[i] == 0 { 0 } else { sum[i] / count[i] };
}
// run: means_right([6, 8, 1], [2, 0, 1]) == [3, 0, 1]

/// A remainder by a scalar of the launch.
#[kernel]
pub fn wrapped<N: Dim>(x: &Array<i32, (N,)>, n: i32, y: &mut Array<i32, (N,)>) {
    let i = global_idx();
    y[i] = x[i] % n; //~ DivisionByZero
}
// finds: wrapped([1, 2, 3], 0)
// run: wrapped([1, 2, 3], 2) == [1, 0, 1]

/// A step of zero.
#[kernel(block = 1, grid = 1)]
pub fn strided(x: &Array<i32, (U4,)>, step: usize, y: &mut Array<i32, (U1,)>) {
    let mut sum = 0;
    for k in (0..4).step_by(step) {
        //~ ZeroStep
        sum += x[k];
    }
    y[0] = sum;
}
// finds: strided([1, 2, 3, 4], 0)
// run: strided([1, 2, 3, 4], 3) == [5]

/// A search that does not end where nothing is found.
#[kernel(block = 1, grid = 1)]
pub fn searched(x: &Array<i32, (U4,)>, value: i32, y: &mut Array<i64, (U1,)>) {
    let mut k = 0;
    while x[k % 4] != value {
        //~ Endless
        k = (k + 1) % 4;
    }
    y[0] = k as i64;
}
// run: searched([1, 2, 3, 4], 3) == [2]
