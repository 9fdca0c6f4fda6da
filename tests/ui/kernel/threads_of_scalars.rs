//! A thread's number in a kernel on scalars.
use formwork::prelude::*;

#[kernel]
fn k(x: f32) -> f32 {
    x * thread_idx() as f32
}

fn main() {}
