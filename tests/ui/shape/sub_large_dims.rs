//! The operator `-`: numbers without a struct of their own.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 802_816]>, y: Tensor<s![802_817]>) {
    let _ = &x - &y;
}

fn main() {}
