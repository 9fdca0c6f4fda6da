//! A function of the language with too many arguments.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    exp(x, 2.0)
}

fn main() {}
