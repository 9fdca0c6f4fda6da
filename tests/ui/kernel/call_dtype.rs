//! A tensor of other elements.
use formwork::prelude::*;

#[kernel]
fn copy<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R, N)>) {
    let j = thread_idx();
    y[(block_idx(), j)] = x[(block_idx(), j)];
}

fn mistake(x: &Tensor<(U4, U8), i64>) {
    copy(x);
}

fn main() {}
