//! embedding: the table has rows and columns.
use formwork::prelude::*;

dims! { Batch }

fn mistake(index: Tensor<s![Batch, 3], i64>, table: Tensor<s![10, 4, 64]>) {
    let _ = index.embedding(&table);
}

fn main() {}
