//! A model inside a model, given another shape than its `forward` takes.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        enc: Encoder,
    }
    fn forward(&self, x: [Batch, 65]) -> [Batch, 10] {
        self.enc(x)
    }
}

model! {
    pub struct Encoder {
        fc: Linear(64 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc(x)
    }
}

fn main() {}
