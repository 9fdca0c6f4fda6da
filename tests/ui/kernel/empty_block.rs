//! A block without threads.
use formwork::prelude::*;

#[kernel(block = 0)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    y[global_idx()] = x[global_idx()];
}

fn main() {}
