//! linear: the weight is for other features.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 784]>, w: Tensor<s![10, 785]>) {
    let _ = x.linear(&w, None);
}

fn main() {}
