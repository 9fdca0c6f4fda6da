//! A result of another shape than the one that is written on the `let`.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 784]>, w: Tensor<s![784, 10]>) {
    let _: Tensor<s![Batch, 12]> = x.matmul(&w);
}

fn main() {}
