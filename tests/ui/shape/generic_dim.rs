//! Generic code: a parameter that is an axis needs its bound.
use formwork::prelude::*;

fn mistake<B>(_: Tensor<s![B, 784]>) {}

fn main() {}
