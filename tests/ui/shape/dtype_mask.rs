//! select: only a mask of bools selects.
use formwork::prelude::*;

dims! { Batch }

fn mistake(mask: Tensor<s![Batch, 10]>, x: Tensor<s![Batch, 10]>) {
    let _ = mask.select(&x, &x);
}

fn main() {}
