//! A closure.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    let f = |v: f32| v + 1.0;
    x * 2.0
}

fn main() {}
