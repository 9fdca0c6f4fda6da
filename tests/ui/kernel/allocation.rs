//! Memory from the heap.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    let v = vec![0.0; 8];
    x * 2.0
}

fn main() {}
