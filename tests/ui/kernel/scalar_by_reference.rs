//! A number behind `&mut`.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>, sum: &mut f32) {
    y[global_idx()] = x[global_idx()];
}

fn main() {}
