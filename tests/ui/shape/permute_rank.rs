//! permute: more axes than the tensor has.
use formwork::prelude::*;

dims! { Batch, Seq }

fn mistake(x: Tensor<s![Batch, Seq, 64]>) {
    let _ = x.permute::<Perm4<0, 2, 1, 3>>();
}

fn main() {}
