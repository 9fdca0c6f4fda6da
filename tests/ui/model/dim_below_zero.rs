//! A dim below zero.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 3 - 4),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 0] {
        self.fc1(x)
    }
}

fn main() {}
