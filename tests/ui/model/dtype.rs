//! A layer of f32 given f64.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
    }
    fn forward(&self, x: [Batch, 64; f64]) -> [Batch, 10] {
        self.fc1(x)
    }
}

fn main() {}
