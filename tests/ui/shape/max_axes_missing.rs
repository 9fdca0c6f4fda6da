//! max_axes: there is no such axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.max_axes::<Axes2<0, 2>>();
}

fn main() {}
