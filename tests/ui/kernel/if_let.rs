//! A pattern in a condition.
use formwork::prelude::*;

#[kernel]
fn k(x: f32, n: i64) -> f32 {
    if let 0 = n { x } else { 2.0 * x }
}

fn main() {}
