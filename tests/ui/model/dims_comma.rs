//! Dims without a comma between them.
use formwork::prelude::*;

dims! { Batch Seq }

fn main() {}
