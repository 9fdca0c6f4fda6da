//! conv2d: the window is larger than the image.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3, 4, 28]>, w: Tensor<s![8, 3, 5, 5]>) {
    let _ = x.conv2d(&w);
}

fn main() {}
