//! An option that is misspelt.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        conv: Conv2d(1 -> 8, 3, strid = 2),
    }
    fn forward(&self, x: [Batch, 1, 28, 28]) -> [Batch, 8, 13, 13] {
        self.conv(x)
    }
}

fn main() {}
