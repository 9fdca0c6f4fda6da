//! More threads than a block has, in a constant.
use formwork::prelude::*;

const THREADS: usize = 2048;

#[kernel(block = THREADS)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    y[global_idx()] = x[global_idx()];
}

fn main() {}
