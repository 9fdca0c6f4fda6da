//! pow: an axis differs.
use formwork::prelude::*;

fn mistake(x: Tensor<s![4, 10]>, y: Tensor<s![3, 1]>) {
    let _ = x.pow(&y);
}

fn main() {}
