//! Generic code: a product of dims needs its bound.
use formwork::prelude::*;

fn mistake<B: Dim, H: Dim>(x: Tensor<s![B, H, 3]>) {
    let _ = x.flatten::<0, 1>();
}

fn main() {}
