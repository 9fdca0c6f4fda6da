#[kernel(block = (16, TILE), grid = (M.div_ceil(16), N.div_ceil(TILE)), grad = transpose_grad, crate = renamed)]
fn transpose<E: Element, N: Dim, M: Dim>(x: &Array<E, (N, M)>, y: &mut Array<E, (M, N)>, #[zeroed] count: &mut Array<i32, (U1,)>) {
    let i = block_idx_y() * 16 + thread_idx_y();
    let j = block_idx() * 16 + thread_idx();
    if i >= N || j >= M {
        return;
    }
    y[(j, i)] = x[(i, j)];
    atomic_add(&mut count[0], 1);
}
