#[kernel(block = 64)]
fn rows<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R,)>) {
    let row = block_idx() * 2 + warp_idx();
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

#[kernel(block = 64, grid = 1)]
fn votes<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = thread_idx();
    let mut v = x[i];
    if warp_idx() == 0 {
        let before = warp_scan_sum(v);
        v = before - v;
    }
    while warp_any(v > 1.0) {
        v *= 0.5;
        sync_warp();
    }
    let tile = shared::<Array<f32, (N,)>>();
    tile[i] = v;
    sync_threads();
    for k in 0..4 {
        if i > k {
            continue;
        }
        y[i] = tile[N - 1 - i] + k as f32;
    }
    sync_threads();
    if i > 3 {
        return;
    }
    y[i] += 1.0;
}
