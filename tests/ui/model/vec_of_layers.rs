//! Layers in a `Vec`.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        more: Vec(Linear(64 -> 64)),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 64] {
        self.more(x)
    }
}

fn main() {}
