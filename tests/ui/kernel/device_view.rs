//! A device function over a view.
use formwork::prelude::*;

#[device]
fn first<N: Dim>(x: &Array<f32, (N,)>) -> f32 {
    x[0]
}

fn main() {}
