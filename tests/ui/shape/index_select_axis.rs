//! index_select: there is no such axis.
use formwork::prelude::*;

fn mistake(x: Tensor<s![4, 10]>, index: Tensor<s![5], i64>) {
    let _ = x.index_select::<2, _>(&index);
}

fn main() {}
