//! A slice of an array.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] = x[0..2];
}

fn main() {}
