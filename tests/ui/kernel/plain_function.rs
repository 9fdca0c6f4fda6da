//! A Rust function that is no device function.
use formwork::prelude::*;

fn twice(x: f32) -> f32 {
    2.0 * x
}

#[kernel]
fn k(x: f32) -> f32 {
    twice(x)
}

fn main() {}
