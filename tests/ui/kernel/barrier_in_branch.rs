//! A barrier that only some threads reach.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = thread_idx();
    if i < 16 {
        sync_threads();
    }
    y[i] = x[i];
}

fn main() {}
