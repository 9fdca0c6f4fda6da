//! A device function with an argument of another type.
use formwork::prelude::*;

#[device]
fn scale(x: f32, by: f32) -> f32 {
    x * by
}

#[kernel]
fn k(x: f32) -> f32 {
    scale(x, 2)
}

fn main() {}
