//! chunk: the parts are not equal.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.chunk::<1, 5>();
}

fn main() {}
