//! Fused programs as kernels for a GPU.
//!
//! [`schedule`] lowers a [`Program`] to typed kernels ([`crate::kernel::ir`]), so that one emitter writes the CUDA text of
//! all kernels, and the interpreter with its checks for races runs every schedule on any machine. What a program becomes
//! follows from its structure and its sizes alone:
//!
//! - without reductions it is a **map**: threads along the dim in which memory is consecutive, with accesses of 16 bytes;
//!   what is consecutive along another dim goes through **tiles** in shared memory;
//! - with reductions, a team of threads has a **row**: neighbours along the row where that is consecutive, or each thread
//!   its own columns where an outer dim is; few long rows are cut into parts, which a second launch puts together.
//!
//! Buffers are aligned to 16 bytes. One pointer is passed for each buffer, so a buffer may be read and written. Sums have
//! an order of their own here, the same at every run.
//!
//! This module knows nothing of devices or memory: it says which buffer goes where.

mod divide;
mod emit;
mod map;
mod memory;
mod phase;
mod reduce;
mod row;
mod space;
mod split;
mod tile;
mod widen;
mod write;

use crate::kernel::ir::Kernel;
use crate::{Program, StepOp};
use space::Space;

/// What kernels are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub multiprocessors: u32,
    /// Bytes of shared memory that a block may have.
    pub shared: usize,
}

impl Target {
    /// An H100 (SXM), with what a block has of shared memory without asking for more.
    pub const H100: Target = Target { multiprocessors: 132, shared: 48 << 10 };
}

/// A program as launches, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    /// None if the program has no points.
    pub launches: Vec<ScheduledLaunch>,
    /// Bytes of device memory that the launches share.
    pub scratch: usize,
}

/// A kernel and how it is launched. `kernel.block` has the threads of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduledLaunch {
    pub kernel: Kernel,
    /// What is passed for each of `kernel.params`, in order. The error word that follows in the CUDA text is not used.
    pub params: Vec<ParamSource>,
    /// Blocks.
    pub grid: [u32; 3],
}

/// What is passed for a parameter: an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamSource {
    /// A buffer, by its number in the program.
    Buffer(u32),
    /// A place in the scratch memory, in bytes.
    Scratch { offset: usize },
    /// Of a table of f64: [`StepOp::Arg`]`(i)` is element `i`.
    Args,
    /// Of the error record, eight u64: the smallest key of a check that failed (`check << 44 | point`; all bits set while
    /// none did), the value that failed, a lock that is 0, and the run's number as it stands
    /// in the last.
    Guard,
}

/// The launches of a program. If `guarded`, they do nothing once a check has failed.
pub fn schedule(program: &Program, target: &Target, guarded: bool) -> Schedule {
    if program.outer_len() == 0 {
        return Schedule::default();
    }
    let space = Space::new(&widen::widened(program));
    if space.program.steps.iter().any(|s| matches!(s.op, StepOp::Reduce(..))) {
        return row::rows(&space, target, guarded);
    }
    let space = space.ordered(&map::output_order(&space));
    let tiles = tile::tile(&space, target, &ParamSource::Buffer, guarded);
    let launch = tiles.unwrap_or_else(|| map::map(&space, target, &ParamSource::Buffer, guarded));
    Schedule { launches: vec![launch], scratch: 0 }
}

/// Blocks for so much work.
fn blocks_of(work: usize, each: usize) -> u32 {
    work.div_ceil(each).clamp(1, i32::MAX as usize) as u32
}
