//! A mask that is no whole number.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = thread_idx();
    y[i] = shuffle_xor(x[i], 1.5);
}

fn main() {}
