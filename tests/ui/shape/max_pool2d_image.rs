//! max_pool2d: the input is no image batch.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3]>) {
    let _ = x.max_pool2d::<dim!(2)>();
}

fn main() {}
