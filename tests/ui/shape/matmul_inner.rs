//! matmul: the columns on the left are not the rows on the right.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 784]>, w: Tensor<s![785, 10]>) {
    let _ = x.matmul(&w);
}

fn main() {}
