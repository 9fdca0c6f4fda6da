//! Too many arguments.
use formwork::prelude::*;

#[kernel]
fn copy<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R, N)>) {
    let j = thread_idx();
    y[(block_idx(), j)] = x[(block_idx(), j)];
}

fn mistake(x: &Tensor<(U4, U8)>) {
    copy(x, x);
}

fn main() {}
