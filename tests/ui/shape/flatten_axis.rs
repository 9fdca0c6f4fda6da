//! flatten: there is no such axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3, 4]>) {
    let _ = x.flatten::<1, 3>();
}

fn main() {}
