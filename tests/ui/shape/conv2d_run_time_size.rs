//! conv2d: images of a size known at run time only.
use formwork::prelude::*;

dims! { Batch, Side }

fn mistake(x: Tensor<s![Batch, 3, Side, 28]>, w: Tensor<s![8, 3, 5, 5]>) {
    let _ = x.conv2d(&w);
}

fn main() {}
