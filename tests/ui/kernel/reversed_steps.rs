//! Steps before the turn.
use formwork::prelude::*;

#[kernel(grid = 1)]
fn k<N: Dim>(x: &Array<f32, (N,)>, y: &mut Array<f32, (N,)>) {
    for i in (0..N).step_by(2).rev() {
        y[i] = x[i];
    }
}

fn main() {}
