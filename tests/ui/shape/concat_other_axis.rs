//! concat: another axis differs.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3, 64, 64]>, y: Tensor<s![Batch, 4, 64, 65]>) {
    let _ = x.concat::<1, _>(&y);
}

fn main() {}
