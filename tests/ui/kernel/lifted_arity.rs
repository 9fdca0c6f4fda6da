//! Too few arguments.
use formwork::prelude::*;

#[kernel]
fn swish(x: f32, beta: f32) -> f32 {
    x * sigmoid(beta * x)
}

fn mistake(x: &Tensor<(U4,)>) {
    swish(x);
}

fn main() {}
