//! The same, without a name between the layers.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 128),
        fc2: Linear(127 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc2(self.fc1(x).relu())
    }
}

fn main() {}
