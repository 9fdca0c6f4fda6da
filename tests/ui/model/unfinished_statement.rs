//! model!: a statement has no `;` yet.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 128),
        fc2: Linear(128 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        let h = self.fc1(x)
        self.fc2(h)
    }
}

fn main() {}
