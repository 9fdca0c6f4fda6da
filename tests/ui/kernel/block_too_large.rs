//! More threads than a block has.
use formwork::prelude::*;

#[kernel(block = (64, 32))]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    y[global_idx()] = x[global_idx()];
}

fn main() {}
