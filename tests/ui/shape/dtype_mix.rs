//! The operator `+`: two element types; `cast` makes them one.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>, y: Tensor<s![Batch, 10], f64>) {
    let _ = &x + &y;
}

fn main() {}
