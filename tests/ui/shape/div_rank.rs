//! The operator `/`: shapes are right-aligned.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>, total: Tensor<s![Batch]>) {
    let _ = &x / &total;
}

fn main() {}
