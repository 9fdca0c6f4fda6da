//! A hyper-parameter where the layers want a number.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net<H> {
        fc1: Linear(64 -> H),
        fc2: Linear(32 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc2(self.fc1(x))
    }
}

fn main() {}
