//! concat: there is no such axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3]>, y: Tensor<s![Batch, 3]>) {
    let _ = x.concat::<2, _>(&y);
}

fn main() {}
