//! conv2d: the weight is for another number of channels.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 1, 28, 28]>, w: Tensor<s![8, 3, 5, 5]>) {
    let _ = x.conv2d(&w);
}

fn main() {}
