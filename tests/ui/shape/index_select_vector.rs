//! index_select: the indices are one list.
use formwork::prelude::*;

fn mistake(x: Tensor<s![4, 10]>, index: Tensor<s![5, 3], i64>) {
    let _ = x.index_select::<0, _>(&index);
}

fn main() {}
