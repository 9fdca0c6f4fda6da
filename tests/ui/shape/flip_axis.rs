//! flip: there is no such axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.flip::<2>();
}

fn main() {}
