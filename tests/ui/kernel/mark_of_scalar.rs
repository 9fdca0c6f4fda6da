//! A mark on a number.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>, #[inout] by: f32, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] = x[i] * by;
}

fn main() {}
