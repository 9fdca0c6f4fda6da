//! A reference to a number.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    let y = &x;
    x * 2.0
}

fn main() {}
