//! The intrinsics as functions on Rust scalars: what the bodies of kernels call on the CPU.
//!
//! Each function computes what its row of the table says for any machine, so an interpreter that asks the table gives the
//! same bits; all are inlined, so that loops over them become vector instructions. f16 and bf16 are computed in f32 and
//! rounded after every operation.

mod function;
mod memory;
mod types;

pub use function::*;
pub use memory::{Lane, Shared};
pub use types::{Bits, Float, Integer, Number, Type, Wide};
