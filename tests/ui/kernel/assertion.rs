//! An assertion.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    assert!(x > 0.0);
    x.sqrt()
}

fn main() {}
