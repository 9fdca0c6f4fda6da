//! A result of another shape than the function returns.
use formwork::prelude::*;

dims! { Batch, Seq }

fn mistake(x: Tensor<s![Batch, Seq, 64]>) -> Tensor<s![Seq, Batch, 64]> {
    x.transpose::<1, 2>()
}

fn main() {}
