//! reshape: the numbers of elements differ.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.reshape::<s![Batch, 12, 65]>();
}

fn main() {}
