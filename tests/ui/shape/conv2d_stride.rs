//! conv2d: a stride of zero.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3, 28, 28]>, w: Tensor<s![8, 3, 5, 5]>) {
    let _ = x.conv2d_with::<dim!(0), dim!(0), dim!(1), _>(&w);
}

fn main() {}
