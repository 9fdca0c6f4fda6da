//! A tensor used after it was moved to another name.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        let h = x;
        let y = self.fc1(x);
        y + self.fc1(h)
    }
}

fn main() {}
