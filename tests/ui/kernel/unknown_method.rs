//! A method that numbers don't have in kernels.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    x.to_degrees()
}

fn main() {}
