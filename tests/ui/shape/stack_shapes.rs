//! stack: all tensors have one shape.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![Batch, 3]>, y: Tensor<s![Batch, 4]>) {
    let _ = Tensor::stack::<0, 2, _>([&x, &y]);
}

fn main() {}
