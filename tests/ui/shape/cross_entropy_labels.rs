//! cross_entropy: labels are class indices, not one-hot.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>, y: Tensor<s![Batch, 10], i64>) {
    let _ = x.cross_entropy(&y);
}

fn main() {}
