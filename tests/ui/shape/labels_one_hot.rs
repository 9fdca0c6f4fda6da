//! cross_entropy: probabilities as labels, one error though shape and elements differ.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>) {
    let _ = x.cross_entropy(&x);
}

fn main() {}
