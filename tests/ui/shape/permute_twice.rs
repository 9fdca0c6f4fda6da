//! permute: an axis is named twice.
use formwork::prelude::*;

dims! { Batch, Seq }

fn mistake(x: Tensor<s![Batch, Seq, 64]>) {
    let _ = x.permute::<Perm3<0, 2, 2>>();
}

fn main() {}
