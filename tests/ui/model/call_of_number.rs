//! A number called as if it were a layer.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        let n: usize = 3;
        n(x)
    }
}

fn main() {}
