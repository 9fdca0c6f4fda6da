//! An option that isn't there.
use formwork::prelude::*;

#[kernel(threads = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    y[global_idx()] = x[global_idx()];
}

fn main() {}
