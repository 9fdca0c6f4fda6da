//! A barrier after some threads have gone on.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    for k in 0..4 {
        if lane_idx() == k {
            continue;
        }
        sync_threads();
    }
    y[thread_idx()] = 1.0;
}

fn main() {}
