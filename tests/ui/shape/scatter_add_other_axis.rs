//! scatter_add: the indices differ from the target on another axis.
use formwork::prelude::*;

fn mistake(x: Tensor<s![4, 10]>, index: Tensor<s![5, 3], i64>, src: Tensor<s![5, 3]>) {
    let _ = x.scatter_add::<1, _>(&index, &src);
}

fn main() {}
