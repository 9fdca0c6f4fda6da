//! A barrier in a loop that threads run differently often.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    for i in (thread_idx()..N).step_by(128) {
        y[i] = x[i];
        sync_threads();
    }
}

fn main() {}
