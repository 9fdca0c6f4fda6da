//! A result that is never written.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>, z: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] = x[i];
}

fn main() {}
