//! Products cannot be computed in f64 by policy: such a model is written with f64 layers.
use formwork::prelude::*;

dims! { Batch }

model! {
    #[compute(f64)]
    pub struct Net { fc: Linear(4 -> 2) }
    fn forward(&self, x: [Batch, 4]) -> [Batch, 2] {
        self.fc(x)
    }
}

fn main() {}
