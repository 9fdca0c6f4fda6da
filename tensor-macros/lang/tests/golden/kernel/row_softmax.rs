#[kernel(block = 128)]
fn row_softmax<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R, N)>) {
    let row = block_idx();
    let scratch = shared::<[f32; 32]>();
    let mut m = f32::NEG_INFINITY;
    for j in (thread_idx()..N).step_by(block_dim()) {
        m = max(m, x[(row, j)]);
    }
    m = warp_reduce_max(m);
    if lane_idx() == 0 {
        scratch[warp_idx()] = m;
    }
    sync_threads();
    let warps = block_dim() / 32;
    m = scratch[0];
    for w in 1..warps {
        m = max(m, scratch[w]);
    }
    let mut sum = 0.0;
    for j in (thread_idx()..N).step_by(block_dim()) {
        sum += exp(x[(row, j)] - m);
    }
    let total = block_reduce_sum(sum);
    for j in (thread_idx()..N).step_by(block_dim()) {
        y[(row, j)] = exp(x[(row, j)] - m) / total;
    }
}
