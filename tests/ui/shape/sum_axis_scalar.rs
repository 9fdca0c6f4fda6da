//! sum_axis: a scalar has no axis.
use formwork::prelude::*;

fn mistake(x: Tensor<s![]>) {
    let _ = x.sum_axis::<-1>();
}

fn main() {}
