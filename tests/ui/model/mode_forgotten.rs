//! `forward` without saying whether the model learns.
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

fn mistake(net: &Net, x: &Tensor<(Batch, U64)>) -> Tensor<(Batch, U10)> {
    net.forward(x)
}

fn main() {}
