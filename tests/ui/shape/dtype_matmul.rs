//! matmul: two element types.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>, w: Tensor<s![10, 3], f64>) {
    let _ = x.matmul(&w);
}

fn main() {}
