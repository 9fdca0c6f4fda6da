//! An index that is no `usize`.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx() as i32;
    y[i] = x[0];
}

fn main() {}
