//! An element type inside `s!`.
use formwork::prelude::*;

fn mistake(_: &Tensor<s![2, 3; i64]>) {}

fn main() {}
