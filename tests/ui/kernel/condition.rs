//! A condition that is a number.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    if x { 1.0 } else { 0.0 }
}

fn main() {}
