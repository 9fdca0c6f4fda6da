//! expand_as: only an axis of 1 repeats.
use formwork::prelude::*;

dims! { Batch, Seq }

fn mistake(x: Tensor<s![Batch, 2]>, like: Tensor<s![Seq, 2]>) {
    let _ = x.expand_as(&like);
}

fn main() {}
