//! pad: there is no such axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.pad::<2, dim!(1), dim!(1)>();
}

fn main() {}
