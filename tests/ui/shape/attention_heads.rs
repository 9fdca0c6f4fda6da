//! scaled_dot_product_attention: queries and keys of two sizes.
use formwork::prelude::*;

dims! { Batch, Seq }

fn mistake(q: Tensor<s![Batch, 12, Seq, 64]>, k: Tensor<s![Batch, 12, Seq, 32]>) {
    let _ = q.scaled_dot_product_attention(&k, &q, true);
}

fn main() {}
