//! A variable that isn't there.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    x * beta
}

fn main() {}
