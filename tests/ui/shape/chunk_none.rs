//! chunk: into no parts.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.chunk::<1, 0>();
}

fn main() {}
