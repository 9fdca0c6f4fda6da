//! A dim that is no parameter.
use formwork::prelude::*;

dims! { Batch }

#[kernel]
fn k<N: Dim>(x: &Array<f32, (Batch,)>, y: &mut Array<f32, (N,)>) {
    y[global_idx()] = x[global_idx()];
}

fn main() {}
