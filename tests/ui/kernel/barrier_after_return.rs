//! A barrier after some threads have returned.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = global_idx();
    if i >= N {
        return;
    }
    sync_threads();
    y[i] = x[i];
}

fn main() {}
