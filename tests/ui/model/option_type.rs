//! An option of another type.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10, bias = 0.5),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc1(x)
    }
}

fn main() {}
