//! topk: more elements than the axis has.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>) {
    let _ = x.topk::<1, dim!(11)>();
}

fn main() {}
