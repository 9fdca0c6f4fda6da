//! item: only a scalar is one element.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>) {
    let _ = x.item();
}

fn main() {}
