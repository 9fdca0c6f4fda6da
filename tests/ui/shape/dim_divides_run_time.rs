//! Dim arithmetic: a run-time dim cannot be divided.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3]>) -> Tensor<s![Batch / 2, 6]> {
    x.reshape()
}

fn main() {}
