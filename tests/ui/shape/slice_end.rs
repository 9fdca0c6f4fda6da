//! slice: the end is past the axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.slice::<1, dim!(700), dim!(69)>();
}

fn main() {}
