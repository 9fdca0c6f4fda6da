//! softmax: only of floats.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10], i64>) {
    let _ = x.softmax::<-1>();
}

fn main() {}
