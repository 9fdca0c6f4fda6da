//! A number made from a run-time dim.
use formwork::prelude::*;

dims! { Batch, TWICE = 2 * Batch }

fn main() {}
