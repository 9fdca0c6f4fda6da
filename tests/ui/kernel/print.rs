//! Printing.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    println!("{x}");
    x * 2.0
}

fn main() {}
