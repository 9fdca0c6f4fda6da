//! Text.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    let name = "swish";
    x * 2.0
}

fn main() {}
