//! Functions before the layers.
use formwork::prelude::*;

dims! { Batch }

model! {
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
        self.fc1(x)
    }
}

fn main() {}
