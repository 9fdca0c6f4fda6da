//! unsqueeze: there is no such place.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.unsqueeze::<3>();
}

fn main() {}
