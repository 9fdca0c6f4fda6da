//! A vote that only some lanes reach, in a condition.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = thread_idx();
    if x[i] > 0.0 && warp_any(x[i] > 1.0) {
        y[i] = x[i];
    }
}

fn main() {}
