//! unflatten: the two dims do not make up the axis.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.unflatten::<1, dim!(12), dim!(65)>();
}

fn main() {}
