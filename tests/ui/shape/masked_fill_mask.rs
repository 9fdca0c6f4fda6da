//! masked_fill: the mask broadcasts to the tensor, not the other way round.
use formwork::prelude::*;

dims! { Batch }

fn mistake(x: Tensor<s![10]>, mask: Tensor<s![Batch, 10], bool>) {
    let _ = x.masked_fill(&mask, 0.0);
}

fn main() {}
