//! gt: a comparison broadcasts as arithmetic does.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>, y: Tensor<s![Batch, 11]>) {
    let _ = x.gt(&y);
}

fn main() {}
