//! Kernels and lines that say what they give, on every engine:
//!
//! ```text
//! // run: f(9.0) == 3.0                          the same bits everywhere
//! // run: f([[1.0, 2.0], [3.0, 4.0]]) ~= [3.0]   floats within a millionth
//! // run: f([1, 0]) == ([2, 0], [true, false])   several results
//! // run: f(wave(5, 300), 0.5) ~= reference      `fn reference(args: &[Values]) -> Vec<Values>` beside the kernel
//! // run: f::<Rows, _>([[1.0]]) == [1.0]         generics in order: a dim of run time, an element, the size of a result
//! // run: f([7]) faults                          the error word is set, and a look is an error
//! ```
//!
//! Arrays are written out, repeated (`[0.0; 40]`), or `wave`, `iota`, `zeros` and `ones` of sizes (`crate::values`). Elements
//! have the types of the signature, element generics are f32 unless they are given. Functions of scalars run on scalars,
//! lifted to tensors, and in a kernel of one thread an element. Checked mode must find nothing in any of them. A line that
//! is too long goes on in comments that begin with two spaces.

use formwork_ir::kernel::link::Bound;

use crate::line::{Call, Line, Wanted};
#[allow(unused_imports)] // of what lines need
use crate::values::{Item, Values, each, outputs};
use formwork::prelude::*;

pub mod atomics;
pub mod blocks;
pub mod control;
pub mod faults;
pub mod grids;
pub mod integers;
pub mod scalars;
pub mod shared;
pub mod vectors;
pub mod warps;

dims! { Rows, Columns }

include!(concat!(env!("OUT_DIR"), "/files.rs"));
