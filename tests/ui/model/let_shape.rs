//! A shape written on a `let` that the layer doesn't give.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        let h: [Batch, 12] = self.fc1(x);
        self.fc1(x)
    }
}

fn main() {}
