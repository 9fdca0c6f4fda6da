//! cross_entropy: labels that are no tensor.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>) {
    let _ = x.cross_entropy(vec![1i64, 2]);
}

fn main() {}
