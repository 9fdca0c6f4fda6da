//! A loop with a label.
use formwork::prelude::*;

#[device]
fn k(x: f32) -> f32 {
    let mut y = x;
    'outer: for i in 0..4 {
        y *= x;
    }
    y
}

fn main() {}
