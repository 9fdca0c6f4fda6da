//! Loops over blocks of lanes: an intrinsic, a conversion, a rounding.
//!
//! A [`BlockFn`] runs over `n` contiguous lanes of the compute types: f32, f64, i32, i64 and u8,
//! booleans being bytes of 0 or 1. Its result may be written over an argument with lanes of the same
//! size. The body of a loop is a generic function from the table that is compiled for each
//! instruction set ([`Isa`]), and the best one is chosen when it is asked for, not in the loop.
//!
//! Lanes beyond the last whole chunk go through a padded copy and the same loop, so the bits of a
//! result do not depend on where in a block a lane stands.
//!
//! Nothing here knows of programs, strides or threads. It is the crate's only unsafe code.

mod convert;
mod draw;
mod isa;
mod map;

pub use convert::{convert, round_to};
pub use isa::Isa;
pub use map::{apply, apply_scalar_lhs, apply_scalar_rhs};

/// A loop over `n` lanes of arguments and result.
///
/// # Safety
/// - The processor has the instruction set that the function was asked for.
/// - There are as many `args` as the function takes, each pointing to `n` readable lanes of its
///   type (one lane where it is a scalar), and `out` to `n` writable ones.
/// - `out` either overlaps no argument or is equal to one whose lanes have the result's size. It
///   does not overlap a scalar.
///
/// Pointers need no alignment.
pub type BlockFn = unsafe fn(n: usize, args: &[*const u8], out: *mut u8);
