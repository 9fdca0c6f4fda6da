//! Generic code: whether a reshape fits is a bound.
use formwork::prelude::*;

fn mistake<B: Dim, D: Dim>(x: Tensor<s![B, D, 3]>) {
    let _ = x.reshape::<s![B, 3, D]>();
}

fn main() {}
