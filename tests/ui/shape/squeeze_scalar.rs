//! squeeze: a scalar has no axis.
use formwork::prelude::*;

fn mistake(x: Tensor<s![]>) {
    let _ = x.squeeze::<0>();
}

fn main() {}
