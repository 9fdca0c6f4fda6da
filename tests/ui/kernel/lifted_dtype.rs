//! A kernel on floats given integers.
use formwork::prelude::*;

#[kernel]
fn swish(x: f32, beta: f32) -> f32 {
    x * sigmoid(beta * x)
}

fn mistake(x: &Tensor<(U4,), i64>) {
    swish(x, 1.5);
}

fn main() {}
