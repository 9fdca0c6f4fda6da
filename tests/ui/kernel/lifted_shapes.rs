//! Shapes that don't broadcast.
use formwork::prelude::*;

#[kernel]
fn swish(x: f32, beta: f32) -> f32 {
    x * sigmoid(beta * x)
}

fn mistake(x: &Tensor<(U4,)>, y: &Tensor<(U8,)>) {
    swish(x, y);
}

fn main() {}
