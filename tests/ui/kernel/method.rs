//! A kernel with `self`.
use formwork::prelude::*;

struct Scale;

impl Scale {
    #[kernel]
    fn by(&self, x: f32) -> f32 {
        x * 2.0
    }
}

fn main() {}
