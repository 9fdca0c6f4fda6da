//! A generic that is neither a dim nor an element.
use formwork::prelude::*;

#[kernel]
fn k<T: Copy>(x: T) -> T {
    x
}

fn main() {}
