//! A kernel on scalars that gives nothing.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) {
    let y = x * 2.0;
}

fn main() {}
