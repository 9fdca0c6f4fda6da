//! unsqueeze: no shape has seven axes.
use formwork::prelude::*;

fn mistake(x: Tensor<s![1, 2, 3, 4, 5, 6]>) {
    let _ = x.unsqueeze::<0>();
}

fn main() {}
