//! A shuffle that only some lanes reach.
use formwork::prelude::*;

#[kernel(block = 128)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    let i = thread_idx();
    let mut v = x[i];
    if lane_idx() < 16 {
        v += shuffle_down(v, 16);
    }
    y[i] = v;
}

fn main() {}
