//! A function that wants to change the model.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
    }
    fn forward(&mut self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc1(x)
    }
}

fn main() {}
