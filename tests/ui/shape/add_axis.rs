//! add: an axis differs.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 12, 512]>, b: Tensor<s![12, 511]>) {
    let _ = x.add(&b);
}

fn main() {}
