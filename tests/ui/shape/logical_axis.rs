//! logical_and: an axis differs.
use formwork::prelude::*;

fn mistake(x: Tensor<s![4, 10], bool>, y: Tensor<s![4, 9], bool>) {
    let _ = x.logical_and(&y);
}

fn main() {}
