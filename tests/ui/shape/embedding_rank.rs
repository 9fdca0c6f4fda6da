//! embedding: indices of rank 6 leave no place for the columns.
use formwork::prelude::*;

fn mistake(index: Tensor<s![1, 2, 3, 4, 5, 6], i64>, table: Tensor<s![10, 64]>) {
    let _ = index.embedding(&table);
}

fn main() {}
