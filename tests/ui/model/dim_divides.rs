//! A dim that does not divide.
use formwork::prelude::*;

dims! { Batch, D = 768, HEADS = 5 }

model! {
    pub struct Net {
        fc1: Linear(64 -> D / HEADS),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 153] {
        self.fc1(x)
    }
}

fn main() {}
