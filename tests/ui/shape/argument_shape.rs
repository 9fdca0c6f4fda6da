//! An argument of another shape than the function takes.
use formwork::prelude::*;

dims! { Batch }

fn logits(_: &Tensor<s![Batch, 10]>) {}

fn mistake(x: Tensor<s![Batch, 12]>) {
    logits(&x);
}

fn main() {}
