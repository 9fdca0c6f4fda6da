//! reshape: a run-time dim is lost.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.reshape::<s![768]>();
}

fn main() {}
