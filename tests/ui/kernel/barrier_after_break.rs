//! A barrier in a loop that some threads leave.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    for k in 0..4 {
        sync_threads();
        if x[thread_idx()] > 0.0 {
            break;
        }
    }
    y[thread_idx()] = 1.0;
}

fn main() {}
