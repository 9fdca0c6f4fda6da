//! A store into an array that is read.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    x[i] = 1.0;
    y[i] = 1.0;
}

fn main() {}
