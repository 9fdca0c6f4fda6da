//! A float and an integer in one sum.
use formwork::prelude::*;

#[kernel]
fn k(x: f32, n: i64) -> f32 {
    x + n
}

fn main() {}
