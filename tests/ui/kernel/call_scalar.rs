//! A tensor for a number.
use formwork::prelude::*;

#[kernel]
fn scale<N: Dim>(x: &Array<f32, (N,)>, by: f32, y: &mut Array<f32, (N,)>) {
    y[global_idx()] = by * x[global_idx()];
}

fn mistake(x: &Tensor<(U4,)>) {
    scale(x, x);
}

fn main() {}
