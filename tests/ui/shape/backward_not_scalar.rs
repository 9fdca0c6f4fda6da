//! backward: a loss is a scalar.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>) {
    let _ = x.backward();
}

fn main() {}
