//! A field that holds no parameters and is not left out.
use formwork::prelude::*;

#[derive(Module)]
struct Scale {
    weight: Param<(U3,)>,
    name: String,
}

fn main() {}
