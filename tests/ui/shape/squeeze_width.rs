//! squeeze: the axis is not one wide.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.squeeze::<1>();
}

fn main() {}
