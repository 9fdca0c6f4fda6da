//! cross_entropy: labels are i64.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>, y: Tensor<s![Batch], i32>) {
    let _ = x.cross_entropy(&y);
}

fn main() {}
