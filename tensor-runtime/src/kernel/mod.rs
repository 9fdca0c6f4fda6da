//! Kernels that users write: what `#[kernel]` makes of a function, and what its body may call.
//!
//! A function of scalars is *lifted* to tensors ([`Arg`], [`Point`]): it becomes an ordinary map of the graph, fused with
//! its neighbours. A function over [`Array`] views runs as a *grid* of blocks of threads ([`Launch`]): one node of the
//! graph with several results. On the CPU a block is a loop over its threads, in pieces between barriers; blocks are
//! shared among the threads of the pool. [`language`] has the functions of bodies, [`Thread`] what a thread knows of
//! itself, [`Lanes`] a value of every thread of a block, over which warps and blocks work together.
//!
//! Nothing here knows what a kernel computes, nor how the planner orders it.

mod array;
mod atomic;
mod block;
pub mod check;
mod lanes;
pub mod language;
mod launch;
mod lift;
mod pull;
mod shared;
mod source;
mod span;
mod task;
mod thread;
pub(crate) mod variant;
mod view;

pub use crate::device::grid::{Copies, Task};
pub use array::{Array, Place};
pub use atomic::{Atomic, AtomicInteger};
pub use block::{Block, Warp};
pub use formwork_ir::scalar::{Lane, Shared};
pub use formwork_macros::{device, kernel};
pub use lanes::Lanes;
pub use launch::{Grid, Launch, Results};
pub use lift::{Arg, Args, Formed, Forms, Gradient, Join, Lifted, Over, Plain, Point, lift};
pub use pull::{Cotangent, Given, Pull};
pub use source::{Constant, Source};
pub use span::Span;
pub use thread::Thread;
pub use view::View;
