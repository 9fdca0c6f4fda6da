//! A model given other elements than it takes.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc1(x)
    }
}

fn mistake(net: &Net, x: Tensor<(Batch, U64), i64>) -> Tensor<(Batch, U10)> {
    net.eval().forward(x)
}

fn main() {}
