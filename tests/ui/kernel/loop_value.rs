//! A loop with a value.
use formwork::prelude::*;

#[device]
fn k(x: f32) -> f32 {
    let y = loop {
        break x;
    };
    y * 2.0
}

fn main() {}
