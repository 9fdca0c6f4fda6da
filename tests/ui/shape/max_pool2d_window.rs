//! max_pool2d: the window is larger than the image.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3, 2, 2]>) {
    let _ = x.max_pool2d::<dim!(3)>();
}

fn main() {}
