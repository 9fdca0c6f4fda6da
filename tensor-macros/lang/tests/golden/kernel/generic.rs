#[kernel(grad = leaky_grad)]
fn leaky<F: Float>(x: F, slope: F) -> F {
    if x > F::of(0.0) { x } else { slope * helper::<F>(x) }
}

#[kernel(no_grad)]
fn both(x: f32, n: i64) -> (f32, bool) {
    match n {
        0 => (x, true),
        1 | 2 if x > 0.5 => (x * 2.0, false),
        3..=9 => (x.powf(2.0), x.is_nan()),
        _ => (x, x < 0.0 && n > LIMIT),
    }
}
