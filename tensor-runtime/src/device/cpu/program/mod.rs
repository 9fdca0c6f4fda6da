//! Fused programs on the CPU: an interpreter over blocks of elements.
//!
//! The way of a program: [`space`] brings its dims into the smallest form, [`geometry`] cuts them
//! into blocks and tasks, [`values`] and [`lower`] make lists of block instructions, [`slots`] gives their results
//! places, [`run`] runs them. An instruction is a vectorised loop over a block that fits in L1; the
//! loops are those of the intrinsics' table, so this module knows no operation by name.

mod ahead;
mod apply;
mod code;
mod gather;
mod geometry;
mod lower;
mod past;
mod run;
mod scratch;
mod slots;
mod space;
mod split;
#[cfg(test)]
mod tests;
mod tile;
mod values;
mod walk;

use super::pool;
use crate::device::{ErrorWord, Executable};
use crate::error::Result;
use code::Listing;
use formwork_ir::Program;
use formwork_ir::block::Isa;
use geometry::{Geometry, Layout};
use run::{Launch, Task};
use space::Space;
use std::ops::Range;
use std::sync::Arc;
use walk::Walk;

/// Block instructions times elements up to which a launch is not worth a second thread.
const SMALL: usize = 32 * 1024;

/// A compiled program.
pub(super) struct BlockProgram {
    code: Listing,
    geometry: Geometry,
    outer_len: usize,
    row_len: usize,
    /// Outer points for one of the program's.
    scale: usize,
    point: [Walk; 2],
    is_small: bool,
}

/// How to compile: tests choose what programs choose for themselves.
#[derive(Clone, Copy, Default)]
struct Options {
    isa: Option<Isa>,
    layout: Option<Layout>,
    /// Whether ranges of outer points will be run.
    ranges: bool,
    /// Whether tasks are as small as they can be.
    cut: bool,
    /// Whether small results are stored past the caches too.
    past: bool,
}

/// A program as a kernel of its own.
pub(super) fn compile(program: &Program) -> Result<Arc<dyn Executable>> {
    Ok(Arc::new(BlockProgram::with(program, Options::default())?))
}

impl BlockProgram {
    /// A program of which ranges of outer points are run, one by one.
    pub fn compile(program: &Program) -> Result<BlockProgram> {
        BlockProgram::with(program, Options { ranges: true, ..Options::default() })
    }

    fn with(program: &Program, options: Options) -> Result<BlockProgram> {
        let space = Space::new(program, options.ranges);
        let mut geometry = Geometry::new(&space, values::has_rows(program, &space), options.layout);
        if options.cut {
            geometry.task = geometry.lanes;
            geometry.segment = (space.row_len > geometry::CHUNK && !geometry.whole).then_some(geometry::CHUNK);
        }
        let isa = options.isa.unwrap_or_else(Isa::best);
        let code = lower::Lower::run(program, &space, geometry, isa, options.past)?;
        let steps = space.outer_len * (space.row_len * code.body_len()).max(code.outer_len());
        Ok(BlockProgram {
            geometry,
            outer_len: space.outer_len,
            row_len: space.row_len,
            scale: space.scale,
            point: [Walk::new(0, &space.point.outer)?, Walk::new(0, &space.point.row)?],
            is_small: steps <= SMALL && !options.cut,
            code,
        })
    }

    fn launch_of<'a>(&'a self, buffers: &'a [*mut u8], args: &'a [f64], errors: &'a ErrorWord) -> Launch<'a> {
        let (code, geometry, point) = (&self.code, &self.geometry, &self.point);
        Launch { code, geometry, row_len: self.row_len, point, buffers, args, errors }
    }

    /// Runs a range of the program's outer points on this thread.
    ///
    /// # Safety
    /// As in [`Executable::launch`], for this range.
    pub unsafe fn run(&self, outer: Range<usize>, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord) {
        let outer = outer.start * self.scale..outer.end * self.scale;
        // SAFETY: passed on.
        unsafe { self.run_points(self.launch_of(buffers, args, errors), outer) };
    }

    /// Runs a range of this space's outer points on this thread.
    #[inline]
    unsafe fn run_points(&self, launch: Launch<'_>, outer: Range<usize>) {
        if outer.is_empty() {
            return;
        }
        let Geometry { lanes, chunk, .. } = self.geometry;
        let points = lanes.min(outer.len()) * chunk.min(self.row_len.max(1));
        let bytes = Task::bytes(&self.code);
        scratch::of_task(bytes + self.code.frame_bytes, |memory| {
            // SAFETY: the frame lies behind the task's memory.
            unsafe {
                let task = Task::new(launch, memory, memory.add(bytes), points);
                let mut at = outer.start;
                while at < outer.end {
                    let count = lanes.min(outer.end - at);
                    task.block(at, count);
                    at += count;
                }
            }
        });
    }
}

impl Executable for BlockProgram {
    unsafe fn launch(&self, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord) {
        let launch = self.launch_of(buffers, args, errors);
        // SAFETY: passed on; tasks have disjoint points.
        unsafe {
            if self.is_small || !pool::is_parallel() {
                return self.run_points(launch, 0..self.outer_len);
            }
            if let Some(segment) = self.geometry.segment {
                return split::run(&launch, self.outer_len, segment);
            }
            let task = self.geometry.task;
            pool::for_each(self.outer_len.div_ceil(task), |i| {
                self.run_points(launch, i * task..self.outer_len.min((i + 1) * task));
            });
        }
    }
}
