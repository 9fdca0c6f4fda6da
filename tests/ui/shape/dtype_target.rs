//! mse_loss: a target of another element type.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 10]>) {
    let _ = x.mse_loss(&x.cast::<f64>());
}

fn main() {}
