//! More shared memory than a block has.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let tile = shared::<[[f32; 128]; 128]>();
    tile[0][thread_idx()] = x[thread_idx()];
    sync_threads();
    y[thread_idx()] = tile[0][0];
}

fn main() {}
