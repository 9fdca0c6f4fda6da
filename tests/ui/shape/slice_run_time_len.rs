//! slice: the length is literal.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.slice::<0, dim!(0), Batch>();
}

fn main() {}
