//! `max` as a method, which loses a NaN.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    x.max(0.0)
}

fn main() {}
