//! expand: the target has fewer axes.
use formwork::prelude::*;

fn mistake(x: Tensor<s![3, 2]>) {
    let _ = x.expand::<s![2]>();
}

fn main() {}
