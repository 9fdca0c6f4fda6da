//! A gradient without the cotangent.
use formwork::prelude::*;

#[kernel(grad = cube_grad)]
fn cube(x: f32) -> f32 {
    x * x * x
}

#[kernel]
fn cube_grad(x: f32) -> f32 {
    3.0 * x * x
}

fn main() {}
