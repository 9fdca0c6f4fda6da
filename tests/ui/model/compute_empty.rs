//! A policy without an element type.
use formwork::prelude::*;

dims! { Batch }

model! {
    #[compute]
    pub struct Net { fc: Linear(4 -> 2) }
    fn forward(&self, x: [Batch, 4]) -> [Batch, 2] {
        self.fc(x)
    }
}

fn main() {}
