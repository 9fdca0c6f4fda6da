//! Dims of a layer without an arrow or comma.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 10),
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc1(x)
    }
}

fn use_it(net: &Net, x: &Tensor<(Batch, U64)>) -> Tensor<(Batch, U10)> {
    net.eval().forward(x)
}

fn main() {}
