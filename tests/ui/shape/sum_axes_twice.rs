//! sum_axes: an axis is named twice.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.sum_axes::<Axes2<1, -1>>();
}

fn main() {}
