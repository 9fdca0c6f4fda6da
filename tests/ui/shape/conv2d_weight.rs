//! conv2d: the weight is no weight of a convolution.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3, 28, 28]>, w: Tensor<s![8, 75]>) {
    let _ = x.conv2d(&w);
}

fn main() {}
