//! A second value for a variable that has one.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    let y = x;
    y = 2.0;
    x * y
}

fn main() {}
