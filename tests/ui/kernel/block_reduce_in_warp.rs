//! A reduction of the block in one warp.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = thread_idx();
    if warp_idx() == 0 {
        y[i] = block_reduce_sum(x[i]);
    }
}

fn main() {}
