//! A loop that assigns to a tensor declared without `mut`.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 64),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 64] {
        for _ in 0..3 {
            x = self.fc1(x);
        }
        x
    }
}

fn main() {}
