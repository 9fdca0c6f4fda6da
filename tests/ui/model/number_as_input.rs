//! An input of `forward` that is no tensor.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
    }
    fn forward(&self, x: [Batch, 64], n: usize) -> [Batch, 10] {
        self.fc1(x)
    }
}

fn main() {}
