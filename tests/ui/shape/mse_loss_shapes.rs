//! mse_loss: nothing broadcasts.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 1]>, y: Tensor<s![Batch]>) {
    let _ = x.mse_loss(&y);
}

fn main() {}
