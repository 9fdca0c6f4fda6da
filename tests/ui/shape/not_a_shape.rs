//! A shape is a tuple, also of one dim: `(Batch,)`, or `s![Batch]`.
use formwork::prelude::*;

dims! { Batch }

fn mistake(_: Tensor<Batch>) {}

fn main() {}
