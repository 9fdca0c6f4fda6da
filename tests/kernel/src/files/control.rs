//! Control flow in kernels of threads: loops, exits, matches, local arrays.

use formwork::prelude::*;

/// Ways to count: ranges up and down, both ends, steps, empty.
#[kernel(block = 1, grid = 1)]
pub fn counts(#[zeroed] y: &mut Array<i32, (U6,)>) {
    for i in (0..10).step_by(3) {
        y[0] = y[0] * 10 + i;
    }
    for i in (0..10).rev().step_by(3) {
        y[1] = y[1] * 10 + i;
    }
    for i in 250..=255u8 {
        if i == 252 {
            continue;
        }
        y[2] += i as i32;
    }
    let (first, last) = (5, 2);
    for _ in first..last {
        y[3] = 1;
    }
    let mut n = 27;
    loop {
        y[4] += 1;
        if n == 1 {
            break;
        }
        n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
    }
    while y[5] < 100 {
        y[5] = y[5] * 2 + 1;
    }
}
// run: counts() == [369, 9630, 1263, 0, 112, 127]

/// The first place of each row where a value stands, or -1: nested loops, `break`, `return`.
#[kernel(block = 32)]
pub fn find<R: Dim, N: Dim>(x: &Array<i32, (R, N)>, value: i32, y: &mut Array<i32, (R,)>) {
    let row = global_idx();
    if row >= R {
        return;
    }
    let mut found = -1;
    for j in 0..N {
        if x[(row, j)] == value {
            found = j as i32;
            break;
        }
    }
    y[row] = found;
}
// run: find([[1, 2, 3], [3, 3, 4], [0, 0, 0]], 3) == [2, 0, -1]
// run: find([[1, 2, 3], [3, 3, 4], [0, 0, 0]], 0) == [-1, -1, 0]
// run: find::<Rows, Columns>([[1, 2], [5, 5], [2, 1]], 1) == [0, -1, 1]

/// An insertion sort of five numbers in a local array.
#[kernel(block = 64)]
pub fn sorted<R: Dim>(x: &Array<f32, (R, U5)>, y: &mut Array<f32, (R, U5)>) {
    let row = global_idx();
    if row >= R {
        return;
    }
    let mut v = [0.0f32; 5];
    for j in 0..5 {
        v[j] = x[(row, j)];
    }
    for j in 1..5 {
        let mut k = j;
        while k > 0 && v[k - 1] > v[k] {
            let (low, high) = (v[k], v[k - 1]);
            v[k - 1] = low;
            v[k] = high;
            k -= 1;
        }
    }
    for j in 0..5 {
        y[(row, j)] = v[j];
    }
}
// run: sorted([[3.0, 1.0, 2.0, 5.0, 4.0], [0.0, -1.0, -2.0, -3.0, -4.0]])
//   == [[1.0, 2.0, 3.0, 4.0, 5.0], [-4.0, -3.0, -2.0, -1.0, 0.0]]

/// A `match` as a statement, with blocks and without.
#[kernel]
pub fn stepped<N: Dim>(op: &Array<i32, (N,)>, x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    let mut v = x[i];
    match op[i] {
        0 => {}
        1 => v += 1.0,
        2 | 3 => {
            v *= 2.0;
            v -= 1.0;
        }
        n if n < 0 => {
            y[i] = 0.0;
            return;
        }
        _ => v = -v,
    }
    y[i] = v;
}
// run: stepped([0, 1, 2, 3, -5, 9], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == [1.0, 3.0, 5.0, 7.0, 0.0, -6.0]

/// The steps of Newton's method until two agree; threads stop at different times.
#[device]
pub fn root(x: f32) -> f32 {
    let mut guess = x;
    let mut next = 0.5 * (x + 1.0);
    let mut steps = 0;
    while (next - guess).abs() > 1e-6 * next && steps < 50 {
        guess = next;
        next = 0.5 * (guess + x / guess);
        steps += 1;
    }
    next
}
// run: root(9.0) ~= 3.0
// run: root(6.25) ~= 2.5

/// A loop at the end that only `return` leaves.
#[device]
pub fn digits(x: u32) -> u32 {
    let mut rest = x / 10;
    let mut count = 1;
    loop {
        if rest == 0 {
            return count;
        }
        rest /= 10;
        count += 1;
    }
}
// run: digits(7) == 1
// run: digits([10, 4294967295]) == [2, 10]

/// The same with two results.
#[device]
pub fn halved(x: i32) -> (i32, i32) {
    let (mut odd, mut times) = (x, 0);
    loop {
        if odd % 2 != 0 || odd == 0 {
            return (odd, times);
        }
        odd /= 2;
        times += 1;
    }
}
// run: halved([40, 7, 0, -12]) == ([5, 7, 0, -3], [3, 0, 0, 2])

/// A device function in a loop of a kernel, over a strided range.
#[kernel(block = 32, grid = 2)]
pub fn roots<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    for i in (global_idx()..N).step_by(block_dim() * grid_dim()) {
        y[i] = root(x[i]);
    }
}
// run: roots([1.0, 4.0, 9.0, 16.0]) ~= [1.0, 2.0, 3.0, 4.0]

/// Two arrays of an array, indexed by what is computed.
#[kernel(block = 8, grid = 1)]
pub fn permuted(x: &Array<i32, (U8,)>, y: &mut Array<i32, (U8,)>) {
    let table = [3, 1, 0, 2];
    let mut pairs = [[0i32; 2]; 4];
    for k in 0..4 {
        pairs[table[k]][0] = k as i32;
        pairs[k][1] = x[2 * k];
    }
    let i = thread_idx();
    y[i] = pairs[i / 2][i % 2];
}
// run: permuted([10, 11, 12, 13, 14, 15, 16, 17]) == [2, 10, 1, 12, 3, 14, 0, 16]
