//! Layers of an array that don't fit one another.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fcs: [Linear(64 -> 10); 2],
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 64] {
        self.fcs(x)
    }
}

fn main() {}
