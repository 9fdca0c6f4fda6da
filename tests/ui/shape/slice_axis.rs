//! slice: there is no such axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.slice::<-3, dim!(0), dim!(1)>();
}

fn main() {}
