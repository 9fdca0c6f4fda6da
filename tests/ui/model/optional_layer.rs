//! Layers in a `Option`.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        more: Option(Linear(64 -> 64)),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 64] {
        self.more(x)
    }
}

fn main() {}
