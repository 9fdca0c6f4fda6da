//! Dims, shapes and every shape rule of formwork, as types.
//!
//! A dim is a unit struct that prints in decimal wherever rustc prints a type (`U784`); typenum does the arithmetic
//! behind it. A shape is a tuple of dims, `(Batch, U784)`. Each rule (what `matmul` takes, what `concat` gives) is a
//! trait whose associated types are the answer, and each way to break it is one leaf trait that carries everything its
//! message needs: so a mistake is one error, in decimal, and `cargo check` shows it in generic code too.
//!
//! Everything sits in one crate, because only the crate of [`Dim`] and [`U1`] may reason that `U1` is not
//! `One = No`, and because the number table is then checked once. This crate knows nothing of tensors, elements,
//! devices or graphs.
mod arithmetic;
mod axis;
mod bits;
mod dim;
mod expr;
pub mod named;
mod operation;
mod rules;
mod shape;
mod table;

pub use arithmetic::*;
pub use axis::*;
pub use bits::{DivMod, FloorDiv, Minus};
pub use dim::*;
pub use expr::*;
pub use operation::*;
pub use rules::*;
pub use shape::*;
pub use table::*;
