//! Two run-time dims for one axis.
use formwork::prelude::*;

dims! { Batch, Seq }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
    }
    fn forward(&self, x: [Seq, 64]) -> [Batch, 10] {
        self.fc1(x)
    }
}

fn main() {}
