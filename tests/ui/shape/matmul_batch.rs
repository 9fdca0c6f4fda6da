//! matmul: the batch axes do not broadcast.
use formwork::prelude::*;

fn mistake(x: Tensor<s![8, 12, 3, 4]>, w: Tensor<s![7, 12, 4, 5]>) {
    let _ = x.matmul(&w);
}

fn main() {}
