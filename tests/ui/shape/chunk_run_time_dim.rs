//! chunk: a run-time dim cannot be divided.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.chunk::<0, 2>();
}

fn main() {}
