//! A loop over the elements of an array.
use formwork::prelude::*;

#[kernel]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    for v in x {
        y[0] = v;
    }
}

fn main() {}
