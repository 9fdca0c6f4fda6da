//! A block for a kernel on scalars.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k(x: f32) -> f32 {
    x * 2.0
}

fn main() {}
