//! A parameter that kernels cannot take.
use formwork::prelude::*;

#[kernel]
fn k(x: Vec<f32>) -> f32 {
    2.0
}

fn main() {}
