//! Generic code: two dims are equal only if they are one parameter.
use formwork::prelude::*;

fn mistake<B: Dim, I: Dim, O: Dim>(x: Tensor<s![B, I]>, w: Tensor<s![O, 10]>) {
    let _ = x.matmul(&w);
}

fn main() {}
