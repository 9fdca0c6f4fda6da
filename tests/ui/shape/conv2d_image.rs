//! conv2d: the input is no image batch.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 784]>, w: Tensor<s![8, 1, 5, 5]>) {
    let _ = x.conv2d(&w);
}

fn main() {}
