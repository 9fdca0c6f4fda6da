//! expand: only an axis of 1 repeats.
use formwork::prelude::*;

fn mistake(x: Tensor<s![3, 2]>) {
    let _ = x.expand::<s![3, 4]>();
}

fn main() {}
