//! An axis is a dim, not any type.
use formwork::prelude::*;

dims! { Batch }

fn mistake(_: Tensor<(Batch, f32)>) {}

fn main() {}
