//! The operator `+`: a number of another type.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>) {
    let _ = &x + 1;
}

fn main() {}
