//! cross_entropy: logits and labels of two batches.
use formwork::prelude::*;

dims! { Batch, Seq }

fn mistake(x: Tensor<s![Batch, 10]>, y: Tensor<s![Seq], i64>) {
    let _ = x.cross_entropy(&y);
}

fn main() {}
