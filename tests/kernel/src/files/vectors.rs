//! Vector accesses, and elements of every type.

use formwork::prelude::*;

/// Four elements at once.
#[kernel(block = 32, grid = R)]
pub fn doubled<E: Num, R: Dim, N: Dim>(x: &Array<E, (R, N)>, y: &mut Array<E, (R, N)>) {
    for j in (thread_idx() * 4..N).step_by(block_dim() * 4) {
        let mut v = x.vector::<4>((block_idx(), j));
        for k in 0..4 {
            v[k] = v[k] + v[k];
        }
        y.set_vector((block_idx(), j), v);
    }
}
// run: doubled([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]) == [[2.0, 4.0, 6.0, 8.0], [10.0, 12.0, 14.0, 16.0]]
// run: doubled::<f16, _, _>(ones(1, 200)) == [[2.0; 200]]
// run: doubled::<f64, Rows, U8>(ones(3, 8)) == [[2.0; 8]; 3]
// run: doubled::<i32, _, _>([[1, 2, 3, -4]]) == [[2, 4, 6, -8]]

/// Pairs of a vector, the other way round; eight of 16 bits are 16 bytes.
#[kernel]
pub fn swapped<N: Dim>(
    x: &Array<f32, (N, U2)>,
    h: &Array<bf16, (N, U8)>,
    y: &mut Array<f32, (N, U2)>,
    z: &mut Array<bf16, (N, U8)>,
) {
    let i = global_idx();
    if i < N {
        let v = x.vector::<2>((i, 0));
        y.set_vector((i, 0), [v[1], v[0]]);
        let w = h.vector::<8>((i, 0));
        z.set_vector((i, 0), w);
    }
}
// run: swapped([[1.0, 2.0], [3.0, 4.0]], ones(2, 8)) == ([[2.0, 1.0], [4.0, 3.0]], ones(2, 8))

/// Arithmetic in 16 bits rounds after every operation.
#[kernel]
pub fn thirds<F: Float>(x: F, y: F) -> F {
    (x + y) * x / y - F::of(0.1)
}
// run: thirds::<f16>([1.0, 3.0], [3.0, 7.0]) == [1.2333984, 4.1835938]
// run: thirds::<bf16>([1.0, 3.0], [3.0, 7.0]) == [1.234375, 4.1875]

/// Reads one type, writes another; masks are selected by.
#[kernel]
pub fn masked<N: Dim>(
    x: &Array<f16, (N,)>,
    keep: &Array<bool, (N,)>,
    label: &Array<u8, (N,)>,
    y: &mut Array<f64, (N,)>,
    dropped: &mut Array<bool, (N,)>,
    next: &mut Array<u8, (N,)>,
) {
    let i = global_idx();
    y[i] = if keep[i] { cast::<f64>(x[i]) * 2.0 } else { 0.0 };
    dropped[i] = !keep[i] && select(label[i] > 3, true, false);
    next[i] = label[i].wrapping_add(1);
}
// run: masked([1.5, 2.0, 3.0], [true, false, false], [255, 3, 9]) == ([3.0, 0.0, 0.0], [false, false, true], [0, 4, 10])
