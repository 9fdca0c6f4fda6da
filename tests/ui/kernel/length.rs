//! The length of an array.
use formwork::prelude::*;

#[kernel(grid = 1)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    for i in 0..x.len() {
        y[i] = x[i];
    }
}

fn main() {}
