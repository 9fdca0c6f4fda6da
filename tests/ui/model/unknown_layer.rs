//! The name of a layer, misspelt.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Lnear(64 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc1(x)
    }
}

fn main() {}
