//! transpose: there is no such axis.
use formwork::prelude::*;

dims! { Batch, Seq }

fn mistake(x: Tensor<s![Batch, Seq]>) {
    let _ = x.transpose::<1, 2>();
}

fn main() {}
