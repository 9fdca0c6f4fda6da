//! Dim arithmetic: a difference is not below zero.
use formwork::prelude::*;

dims! { Batch, K = 5 }

fn mistake(x: Tensor<s![Batch, 3]>) -> Tensor<s![Batch, 3 - K]> {
    x.reshape()
}

fn main() {}
