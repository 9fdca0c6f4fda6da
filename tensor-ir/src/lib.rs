//! The kernel IR: one small language in which everything that computes meets.
//!
//! A [`Fragment`] is straight-line arithmetic on scalars: what a pointwise op or a `#[kernel]` on
//! scalars means, and what is differentiated. A [`Program`] is a fused kernel: fragments placed in
//! an iteration space of kept (`outer`) and reduced (`row`) dims, with loads, reductions and
//! stores. Both name operations only through the [`Intrinsic`] table, which holds all there is to
//! know about one: type rule, CUDA text, CPU loop, derivative, sample range.
//!
//! This crate knows nothing of tensors, graphs, devices or memory management.

pub mod block;
mod builder;
mod dtype;
mod float;
mod fragment;
mod grad;
mod interp;
mod intrinsic;
pub mod kernel;
mod philox;
mod pieces;
mod print;
mod program;
mod reference;

pub mod scalar;
pub mod schedule;

pub use builder::Builder;
pub use dtype::{Compute, DType};
pub use fragment::{Const, Fragment, Inst, Value};
pub use interp::Scalar;
pub use intrinsic::{CUDA_PREAMBLE, Intrinsic, Rule};
pub use pieces::Pieces;
pub use program::{Access, Check, Input, Level, Output, Program, ReduceOp, Step, StepOp};
pub use reference::Failed;
