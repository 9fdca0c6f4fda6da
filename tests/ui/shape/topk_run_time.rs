//! topk: the number of elements is known at run time only.
use formwork::prelude::*;

dims! { Batch, Best }

fn mistake(x: Tensor<s![Batch, 10]>) {
    let _ = x.topk::<0, Best>();
}

fn main() {}
