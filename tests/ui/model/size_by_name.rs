//! A size that PyTorch gives by name.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        conv: Conv2d(1 -> 8, kernal = 3),
    }
    fn forward(&self, x: [Batch, 1, 28, 28]) -> [Batch, 8, 26, 26] {
        self.conv(x)
    }
}

fn main() {}
