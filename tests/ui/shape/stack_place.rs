//! stack: there is no such place.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3]>, y: Tensor<s![Batch, 3]>) {
    let _ = Tensor::stack::<3, 2, _>([&x, &y]);
}

fn main() {}
