//! cumsum: there is no such axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>) {
    let _ = x.cumsum::<-3>();
}

fn main() {}
