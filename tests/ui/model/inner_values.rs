//! A value for a layer inside another.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
        rest: Residual(Dropout(0.1)),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc1(x)
    }
}

pub struct Residual<L>(L);

fn main() {}
