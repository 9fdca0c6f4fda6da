//! A reference that is followed.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    *x * 2.0
}

fn main() {}
