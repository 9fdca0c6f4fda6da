//! reshape: run-time dims keep their order.
use formwork::prelude::*;

dims! { Batch, Seq }

fn mistake(x: Tensor<s![Batch, Seq, 768]>) {
    let _ = x.reshape::<s![Seq, Batch, 768]>();
}

fn main() {}
