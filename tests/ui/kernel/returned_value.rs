//! A kernel over views that returns a value.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) -> f32 {
    let i = global_idx();
    y[i] = x[i];
    x[i]
}

fn main() {}
