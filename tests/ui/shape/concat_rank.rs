//! concat: the ranks differ.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3]>, y: Tensor<s![Batch, 3, 1]>) {
    let _ = x.concat::<0, _>(&y);
}

fn main() {}
