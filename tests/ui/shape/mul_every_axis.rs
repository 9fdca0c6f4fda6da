//! The operator `*`: no axis fits, the last one is the one error.
use formwork::prelude::*;

fn mistake(x: Tensor<s![3, 4]>, y: Tensor<s![5, 6]>) {
    let _ = x * y;
}

fn main() {}
