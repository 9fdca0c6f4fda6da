#[kernel(block = 64, grid = 1)]
fn ways<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = thread_idx();
    let tile = shared::<Array<f32, (N,)>>();
    sync_threads();
    let mut total = 0.0;
    for k in 0..4 {
        if k == 3 {
            break;
        }
        sync_threads();
        if i > k {
            continue;
        }
        total += tile[k];
    }
    let v = total + tile[N - 1 - i];
    sync_threads();
    if i > 31 {
        y[i] = -1.0;
        return;
    }
    y[i] = v;
}
