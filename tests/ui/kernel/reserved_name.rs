//! A kernel with the name of a function of the language.
use formwork::prelude::*;

#[kernel]
fn sigmoid(x: f32) -> f32 {
    x * 2.0
}

fn main() {}
