//! A function that calls itself.
use formwork::prelude::*;

#[device]
fn power(x: f32, n: i32) -> f32 {
    if n == 0 { 1.0 } else { x * power(x, n - 1) }
}

fn main() {}
