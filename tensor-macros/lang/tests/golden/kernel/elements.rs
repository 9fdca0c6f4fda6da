#[kernel(block = 128)]
fn scale<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, factor: f32, y: &mut Array<f32, (R, N)>) {
    let i = global_idx();
    y[(i / N, i % N)] = factor * x[(i / N, i % N)];
}
