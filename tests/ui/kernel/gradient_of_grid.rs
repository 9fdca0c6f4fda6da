//! A gradient of a grid kernel without the cotangent.
use formwork::prelude::*;

#[kernel(grad = grad)]
fn twice<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    y[global_idx()] = 2.0 * x[global_idx()];
}

fn grad<N: Dim>(x: &Tensor<(N,)>, y: &Tensor<(N,)>) -> Tensor<(N,)> {
    x + y
}

fn main() {}
