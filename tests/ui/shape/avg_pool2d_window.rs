//! avg_pool2d: the window is larger than the padded image.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3, 28, 5]>) {
    let _ = x.avg_pool2d_with::<dim!(8), dim!(1), dim!(1)>();
}

fn main() {}
