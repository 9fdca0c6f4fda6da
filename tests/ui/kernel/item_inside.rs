//! A function inside a kernel.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    fn twice(v: f32) -> f32 {
        2.0 * v
    }
    x * 2.0
}

fn main() {}
