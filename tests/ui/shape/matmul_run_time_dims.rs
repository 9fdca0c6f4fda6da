//! matmul: a run-time dim is equal only to itself.
use formwork::prelude::*;

dims! { Batch, Seq }

fn mistake(x: Tensor<s![Batch, Seq]>, w: Tensor<s![Batch, 5]>) {
    let _ = x.matmul(&w);
}

fn main() {}
