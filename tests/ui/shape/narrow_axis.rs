//! narrow: there is no such axis.
use formwork::prelude::*;

dims! { Batch, Part }

fn mistake(x: Tensor<s![Batch, 768]>) {
    let _ = x.narrow::<2, Part>(0, 3);
}

fn main() {}
