/// x * sigmoid(beta * x), elementwise.
#[kernel]
pub fn swish(x: f32, beta: f32) -> f32 {
    x * sigmoid(beta * x) / poly(x, EPS)
}

#[device]
fn poly(x: f32, e: f32) -> f32 {
    let mut sum = 0.0;
    for i in 0..4 {
        sum = sum * x + e.exp() * i as f32;
    }
    return sum;
}
