//! A variable that is no number.
use formwork::prelude::*;

#[device]
fn make() -> f32 {
    1.0
}

#[kernel]
fn k(x: f32) -> f32 {
    let v: Vec<f32> = make();
    x * 2.0
}

fn main() {}
