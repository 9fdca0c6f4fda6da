//! A gradient that isn't there.
use formwork::prelude::*;

#[kernel(grad = cube_grad)]
fn cube(x: f32) -> f32 {
    x * x * x
}

fn main() {}
