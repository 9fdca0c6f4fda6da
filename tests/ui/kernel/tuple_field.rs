//! A field of a tuple.
use formwork::prelude::*;

#[device]
fn both(x: f32) -> (f32, f32) {
    (x, -x)
}

#[kernel]
fn k(x: f32) -> f32 {
    let p = both(x);
    p.0 * 2.0
}

fn main() {}
