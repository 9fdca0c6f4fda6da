//! A variable with the name of a function of the language.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    let max = x * 2.0;
    max
}

fn main() {}
