//! split: there is no such axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.split::<2, dim!(500), dim!(268)>();
}

fn main() {}
