//! A shape has at most six axes.
use formwork::prelude::*;

fn mistake(_: Tensor<s![1, 2, 3, 4, 5, 6, 7]>) {}

fn main() {}
