#[kernel]
fn wrong<N: Dim>(x: &Array<f32, (N,)>, n: String, y: &mut Array<f32, (N,)>) {
    let f = |v: f32| v + 1.0;
    y[global_idx()] = f(missing);
}
