//! adaptive_avg_pool2d: the input is no image batch.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3]>) {
    let _ = x.adaptive_avg_pool2d::<dim!(1), dim!(1)>();
}

fn main() {}
