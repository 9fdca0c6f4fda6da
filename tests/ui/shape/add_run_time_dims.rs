//! The operator `+`: two run-time dims.
use formwork::prelude::*;

dims! { Batch, Seq }

fn mistake(x: Tensor<s![Batch, 512]>, y: Tensor<s![Seq, 512]>) {
    let _ = &x + &y;
}

fn main() {}
