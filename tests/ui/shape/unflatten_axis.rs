//! unflatten: there is no such axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.unflatten::<2, dim!(12), dim!(64)>();
}

fn main() {}
