//! A layer that gives other features than the next one takes.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 128),
        fc2: Linear(127 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        let h = self.fc1(x).relu();
        self.fc2(h)
    }
}

fn main() {}
