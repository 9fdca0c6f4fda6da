//! Few long rows: a row is cut into segments, and what they know of reductions is put together.
//!
//! Segments are powers of two of chunks of the sum, so the tree is the one that a whole row has.

use super::code::Listing;
use super::geometry::Geometry;
use super::run::{Block, Launch, Task};
use super::scratch;
use crate::device::cpu::pool;

/// A pointer into memory that tasks share, each its own part.
#[derive(Clone, Copy)]
struct Shared(*mut u8);

// SAFETY: tasks write to disjoint parts, and read what earlier rounds of tasks wrote.
unsafe impl Sync for Shared {}

impl Shared {
    /// # Safety
    /// The offset lies in the memory.
    unsafe fn at(&self, offset: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { self.0.add(offset) }
    }
}

/// How a launch is cut.
struct Split<'a> {
    launch: &'a Launch<'a>,
    outer_len: usize,
    segment: usize,
    segments: usize,
    blocks: usize,
    /// Bytes of the outer values of a block of outer points.
    frame: usize,
    /// Bytes of what one segment knows of one reduction: accumulators, then indices.
    part: usize,
    shared: Shared,
}

/// Runs the whole launch.
///
/// # Safety
/// As in `Executable::launch`.
pub(super) unsafe fn run(launch: &Launch<'_>, outer_len: usize, segment: usize) {
    let Launch { code, geometry: Geometry { lanes, .. }, row_len, .. } = *launch;
    let (segments, blocks) = (row_len.div_ceil(segment), outer_len.div_ceil(*lanes));
    let (frame, part) = (code.frame_bytes.next_multiple_of(64), 16 * lanes);
    let reductions = code.passes.iter().map(|p| p.reductions.len()).max().unwrap_or(0);
    let bytes = blocks * (frame + reductions * segments * part);
    scratch::of_launch(bytes, |memory| {
        let shared = Shared(memory);
        let split = Split { launch, outer_len, segment, segments, blocks, frame, part, shared };
        // SAFETY: the caller's; the memory holds all frames and parts.
        unsafe { split.run(code) };
    });
}

impl Split<'_> {
    unsafe fn run(&self, code: &Listing) {
        // SAFETY: rounds of tasks follow one another; in a round they write to their own parts.
        pool::for_each(self.blocks, |b| unsafe { self.outer(b, 0) });
        for (i, _) in code.passes.iter().enumerate() {
            // SAFETY: as above.
            pool::for_each(self.blocks * self.segments, |t| unsafe {
                self.rows(t / self.segments, t % self.segments, i);
            });
            // SAFETY: as above.
            pool::for_each(self.blocks, |b| unsafe { self.outer(b, i + 1) });
        }
    }

    fn lanes(&self, block: usize) -> (usize, usize) {
        let lanes = self.launch.geometry.lanes;
        (block * lanes, lanes.min(self.outer_len - block * lanes))
    }

    /// Where segments put what they know of the pass's reduction `r`; segments lie one after another.
    unsafe fn parts(&self, block: usize, r: usize) -> (*mut u8, *mut i64) {
        let bytes = self.segments * self.part;
        let reductions = self.launch.code.passes.iter().map(|p| p.reductions.len()).max().unwrap_or(0);
        // SAFETY: behind the frames.
        unsafe {
            let parts = self.shared.at(self.blocks * self.frame + (block * reductions + r) * bytes);
            (parts, parts.add(bytes / 2).cast())
        }
    }

    unsafe fn with_task(&self, block: usize, points: usize, work: impl FnOnce(&Task<'_>)) {
        // SAFETY: the memory is large enough.
        scratch::of_task(Task::bytes(self.launch.code), |memory| unsafe {
            work(&Task::new(*self.launch, memory, self.shared.at(block * self.frame), points));
        });
    }

    /// The outer values of a stage, from the parts of the pass before.
    unsafe fn outer(&self, block: usize, stage: usize) {
        let code = self.launch.code;
        let (point, lanes) = self.lanes(block);
        // SAFETY: the segments of this block are done.
        unsafe {
            if stage > 0 {
                let range = code.passes[stage - 1].reductions.clone();
                for (r, reduction) in code.reductions[range].iter().enumerate() {
                    let (parts, index) = self.parts(block, r);
                    let out = self.shared.at(block * self.frame + code.slots[reduction.out as usize].offset);
                    let pitch = self.launch.geometry.lanes;
                    let ragged = !self.launch.row_len.is_multiple_of(self.segment)
                        && self.launch.row_len % self.segment <= self.segment - super::geometry::CHUNK;
                    (reduction.reducer.combine)(parts, index, [self.segments, pitch], ragged, lanes, out);
                }
            }
            if !code.outer[stage].is_empty() {
                let list = Block { point, lanes, row: 0, rows: 1 };
                self.with_task(block, lanes, |task| task.list(&code.outer[stage], list));
            }
        }
    }

    /// One segment of a pass.
    unsafe fn rows(&self, block: usize, segment: usize, pass: usize) {
        let (code, geometry) = (self.launch.code, self.launch.geometry);
        let (point, lanes) = self.lanes(block);
        let from = segment * self.segment;
        let to = self.launch.row_len.min(from + self.segment);
        let points = lanes * geometry.chunk.min(to - from);
        // SAFETY: each segment has its own part; parts of a reduction have the pitch of a block.
        unsafe {
            self.with_task(block, points, |task| {
                let pass = &code.passes[pass];
                task.rows(pass, point, lanes, from, to);
                for (r, reduction) in code.reductions[pass.reductions.clone()].iter().enumerate() {
                    let (parts, index) = self.parts(block, r);
                    let at = segment * geometry.lanes;
                    let part = parts.add(at * reduction.reducer.part_size);
                    task.part(reduction, lanes, part, index.add(at));
                }
            });
        }
    }
}
