//! flatten: the first axis comes after the last one.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3, 4]>) {
    let _ = x.flatten::<2, 1>();
}

fn main() {}
