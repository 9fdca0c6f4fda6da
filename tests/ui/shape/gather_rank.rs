//! gather: the indices have fewer axes than the source.
use formwork::prelude::*;

fn mistake(x: Tensor<s![4, 10]>, index: Tensor<s![4], i64>) {
    let _ = x.gather::<1, _>(&index);
}

fn main() {}
