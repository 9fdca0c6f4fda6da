//! A function without saying whether the model learns.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc1(x)
    }
    pub fn twice(&self, x: [Batch, 64], y: [Batch, 64]) -> [Batch, 10] {
        self.fc1(x) + self.fc1(y)
    }
}

fn mistake(net: &Net, x: &Tensor<(Batch, U64)>) -> Tensor<(Batch, U10)> {
    net.twice(x, x)
}

fn main() {}
