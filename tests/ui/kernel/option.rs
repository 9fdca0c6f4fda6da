//! An `Option`.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    let y = Some(x);
    x * 2.0
}

fn main() {}
