//! Groups that do not divide the channels.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub struct Net {
        conv: Conv2d(3 -> 8, 3, groups = 2),
    }
    fn forward(&self, x: [Batch, 3, 28, 28]) -> [Batch, 8, 26, 26] {
        self.conv(x)
    }
}

fn main() {}
