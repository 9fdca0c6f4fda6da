//! A constant that isn't there.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    x * LIMIT
}

fn main() {}
