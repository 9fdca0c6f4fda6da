//! matmul: inner dims and batch axes differ, the first is the one error.
use formwork::prelude::*;

fn mistake(x: Tensor<s![8, 3, 4]>, w: Tensor<s![7, 5, 5]>) {
    let _ = x.matmul(&w);
}

fn main() {}
