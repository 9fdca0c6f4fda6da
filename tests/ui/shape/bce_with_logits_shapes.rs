//! bce_with_logits: nothing broadcasts.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>, y: Tensor<s![Batch, 9]>) {
    let _ = x.bce_with_logits(&y);
}

fn main() {}
