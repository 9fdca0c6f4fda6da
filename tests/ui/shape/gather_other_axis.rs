//! gather: the indices differ from the source on another axis.
use formwork::prelude::*;

fn mistake(x: Tensor<s![4, 10]>, index: Tensor<s![5, 3], i64>) {
    let _ = x.gather::<1, _>(&index);
}

fn main() {}
