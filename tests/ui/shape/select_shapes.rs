//! select: both choices have one shape.
use formwork::prelude::*;

dims! { Batch }

fn mistake(mask: Tensor<s![Batch, 10], bool>, x: Tensor<s![Batch, 10]>, y: Tensor<s![Batch, 1]>) {
    let _ = mask.select(&x, &y);
}

fn main() {}
