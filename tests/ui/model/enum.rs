//! A model that is an enum.
use formwork::prelude::*;

dims! { Batch }

model! {
    pub enum Net {
        One,
    }
}

fn main() {}
