//! A struct.
use formwork::prelude::*;

struct Point {
    x: f32,
    y: f32,
}

#[kernel]
fn k(x: f32) -> f32 {
    let p = Point { x, y: 1.0 };
    x * 2.0
}

fn main() {}
