//! An atomic operation on a value.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    atomic_add(y[0], x[global_idx()]);
}

fn main() {}
