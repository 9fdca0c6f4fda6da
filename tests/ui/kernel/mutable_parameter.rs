//! A parameter that is changed.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(mut by: f32, y: &mut Array<f32, (N,)>) {
    by += 1.0;
    y[global_idx()] = by;
}

fn main() {}
