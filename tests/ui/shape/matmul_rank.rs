//! matmul: a vector has no rows and columns.
use formwork::prelude::*;

fn mistake(x: Tensor<s![32, 784]>, w: Tensor<s![784]>) {
    let _ = x.matmul(&w);
}

fn main() {}
