//! More inputs than a layer takes.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        fc1: Linear(64 -> 10),
    }
    fn forward(&self, a: [64], b: [64], c: [64], d: [64], e: [64]) -> [64] {
        a + b + c + d + e
    }
}

fn main() {}
