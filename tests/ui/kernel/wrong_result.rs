//! A result of another type than the function's.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    x > 0.0
}

fn main() {}
