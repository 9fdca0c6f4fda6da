//! logcumsumexp: whole numbers have no exponential.
use formwork::prelude::*;

fn mistake(x: Tensor<s![10], i64>) {
    let _ = x.logcumsumexp::<0>();
}

fn main() {}
