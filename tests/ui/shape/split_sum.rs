//! split: the parts do not make up the axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.split::<1, dim!(500), dim!(267)>();
}

fn main() {}
