//! An error that is passed on.
use formwork::prelude::*;

#[device]
fn f(x: f32) -> f32 {
    x
}

#[kernel]
fn k(x: f32) -> f32 {
    let y = f(x)?;
    x * y
}

fn main() {}
