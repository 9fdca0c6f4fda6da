//! A const generic.
use formwork::prelude::*;

#[kernel]
fn k<const K: usize>(x: f32) -> f32 {
    x * 2.0
}

fn main() {}
