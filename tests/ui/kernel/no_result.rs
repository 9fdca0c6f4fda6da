//! A kernel that writes nothing.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>) {
    let v = x[global_idx()];
}

fn main() {}
