//! A kernel that is no function.
use formwork::prelude::*;

#[kernel]
struct Scale {
    by: f32,
}

fn main() {}
