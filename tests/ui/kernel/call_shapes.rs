//! Two tensors whose dims differ.
use formwork::prelude::*;

#[kernel]
fn plus<N: Dim>(a: &Array<f32, (N,)>, b: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] = a[i] + b[i];
}

fn mistake(a: &Tensor<(U4,)>, b: &Tensor<(U8,)>) {
    plus(a, b);
}

fn main() {}
