//! A store of another element.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    y[i] = i;
}

fn main() {}
