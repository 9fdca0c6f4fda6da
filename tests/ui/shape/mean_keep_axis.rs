//! mean_keep: there is no such axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.mean_keep::<-3>();
}

fn main() {}
