//! Dim arithmetic: a quotient is exact.
use formwork::prelude::*;

dims! { Batch, D = 768 }

fn mistake(x: Tensor<s![Batch, 768]>) -> Tensor<s![Batch, 10, D / 10]> {
    x.reshape()
}

fn main() {}
