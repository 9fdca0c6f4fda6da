//! maximum: an axis differs.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>, y: Tensor<s![2, 10]>) {
    let _ = x.maximum(&y);
}

fn main() {}
