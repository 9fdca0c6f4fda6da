//! Scans. Runs of elements are widened, carried and narrowed again in L1, so that the loops are those of two
//! number types. Lines side by side are carried in vectors; along a line a few elements are joined with each
//! other before they are with what was carried, so that each waits less for the one before it. Few long lines
//! are cut into blocks: what each adds up to, then what stands before each, then each from there. Cuts depend on
//! the shape alone, and so do the bits.

mod carry;
#[cfg(test)]
mod tests;

use super::contract::{Shared, part, scratch};
use super::pool;
use crate::device::lines::Lines;
use crate::device::{ErrorWord, Executable, Scan, ScanOp};
use crate::error::{Error, Result};
use carry::{ArgMax, ArgMin, Carry, Element, LogSumExp, Max, Min, Prod, Sum, Wide, read, write};
use formwork_ir::DType;
use std::sync::Arc;

/// Makes a scan ready to run.
pub(super) fn compile(kernel: &Scan) -> Result<Arc<dyn Executable>> {
    Ok(match kernel.dtype {
        DType::F32 => float::<f32>(kernel),
        DType::F64 => float::<f64>(kernel),
        DType::F16 => float::<half::f16>(kernel),
        DType::BF16 => float::<half::bf16>(kernel),
        found if kernel.op == ScanOp::LogSumExp => return Err(wrong(found)),
        DType::I64 => number::<i64>(kernel),
        DType::I32 => number::<i32>(kernel),
        DType::U8 => number::<u8>(kernel),
        found => return Err(wrong(found)),
    })
}

fn wrong(found: DType) -> Error {
    Error::DType { op: "scan", expected: DType::F32, found }
}

fn float<T: Element<Wide = f64>>(kernel: &Scan) -> Arc<dyn Executable> {
    match kernel.op {
        ScanOp::LogSumExp => Arc::new(Scanning::<LogSumExp>::new::<T, T>(kernel)),
        _ => number::<T>(kernel),
    }
}

fn number<T: Element>(kernel: &Scan) -> Arc<dyn Executable> {
    match kernel.op {
        ScanOp::Prod => Arc::new(Scanning::<Prod<T::Wide>>::new::<T, T>(kernel)),
        ScanOp::Max => Arc::new(Scanning::<Max<T::Wide>>::new::<T, T>(kernel)),
        ScanOp::Min => Arc::new(Scanning::<Min<T::Wide>>::new::<T, T>(kernel)),
        ScanOp::ArgMax => Arc::new(Scanning::<ArgMax<T::Wide>>::new::<T, i64>(kernel)),
        ScanOp::ArgMin => Arc::new(Scanning::<ArgMin<T::Wide>>::new::<T, i64>(kernel)),
        ScanOp::Sum | ScanOp::LogSumExp => Arc::new(Scanning::<Sum<T::Wide>>::new::<T, T>(kernel)),
    }
}

/// Elements worth a task of their own.
const TASK: usize = 1 << 14;
/// Elements of a block.
const BLOCK: usize = 1 << 14;
/// Pieces that are not cut any more, as there are enough of them.
const ENOUGH: usize = 16;
/// Elements that are widened at once, and lanes that are carried together.
const RUN: usize = 256;
/// Lanes from which on vectors pay.
const FEW_LANES: usize = 16;
/// Elements of a line that are joined with each other first.
const TOGETHER: usize = 8;

struct Scanning<C: Carry> {
    lines: Lines,
    reverse: bool,
    /// Blocks of a line.
    blocks: usize,
    /// Lanes that a piece holds at most: 1 where lines are carried one by one.
    width: usize,
    /// Bytes of an element of `x` and of `y`.
    sizes: [isize; 2],
    read: unsafe fn(*const u8, isize, &mut [C::X]),
    write: unsafe fn(&[C::Y], *mut u8, isize),
}

/// One block of one line, or of lines side by side: where it starts in `x` and in `y`, the place of its
/// first element, its elements, its lanes, and the number of its first state.
struct Piece {
    at: [isize; 2],
    place: i64,
    len: usize,
    lanes: usize,
    state: usize,
}

/// What a task works in.
struct Room<C: Carry> {
    x: [C::X; RUN],
    y: [C::Y; RUN],
    states: [C::State; RUN],
}

/// What the tasks of a launch share.
struct Buffers<C: Carry> {
    y: Shared<u8>,
    x: Shared<u8>,
    /// By block and line, if lines are cut.
    states: Shared<C::State>,
}

impl<C: Carry> Scanning<C> {
    fn new<T: Element<Wide = C::X>, U: Element<Wide = C::Y>>(kernel: &Scan) -> Self {
        let lines = Lines::new(&kernel.dims, kernel.axis, kernel.dims[kernel.axis], &kernel.x);
        let width = if lines.lanes < FEW_LANES { 1 } else { RUN };
        let strips = lines.sets * lines.lanes.div_ceil(width);
        let elements = lines.len * width.min(lines.lanes);
        let blocks = if strips < ENOUGH { (elements / BLOCK).clamp(1, lines.len.max(1)) } else { 1 };
        let sizes = [size_of::<T>() as isize, size_of::<U>() as isize];
        Scanning { lines, reverse: kernel.reverse, blocks, width, sizes, read: read::<T>, write: write::<U> }
    }

    /// Pieces side by side in one set of lines.
    fn strips(&self) -> usize {
        self.lines.lanes.div_ceil(self.width)
    }

    /// Piece `i`; the blocks of a line are as far apart as there are lines.
    fn piece(&self, i: usize) -> Piece {
        let Lines { len, step, lanes, sets, .. } = self.lines;
        let strips = sets * self.strips();
        let (block, strip) = (i / strips, i % strips);
        let lane = strip % self.strips() * self.width;
        let [x, y] = self.lines.set(strip / self.strips());
        let range = part(len, self.blocks, block);
        let first = if self.reverse { len - 1 - range.start } else { range.start } as isize;
        Piece {
            at: [x + lane as isize * self.lines.lane + first * step[0], y + lane as isize + first * step[1]],
            place: first as i64,
            len: range.len(),
            lanes: self.width.min(lanes - lane),
            state: block * self.lines.count() + strip / self.strips() * lanes + lane,
        }
    }

    /// From one element of a line to the next in the direction of the scan: in `x`, in `y`, of the place.
    fn steps(&self) -> ([isize; 2], i64) {
        let sign = if self.reverse { -1 } else { 1 };
        (self.lines.step.map(|s| sign as isize * s), sign)
    }

    /// Carries a piece of one lane; returns the last state. Without `writes` nothing else is left.
    ///
    /// # Safety
    /// As for [`Executable::launch`]; the piece of `y` belongs to this task.
    unsafe fn narrow(
        &self,
        piece: &Piece,
        buffers: &Buffers<C>,
        room: &mut Room<C>,
        mut state: C::State,
        writes: bool,
    ) -> C::State {
        let ([sx, sy], sign) = self.steps();
        for start in (0..piece.len).step_by(RUN) {
            let (x, y) = (&mut room.x[..RUN.min(piece.len - start)], &mut room.y[..RUN.min(piece.len - start)]);
            let from = (piece.at[0] + start as isize * sx) * self.sizes[0];
            // SAFETY: the caller vouches for the buffer.
            unsafe { (self.read)(buffers.x.get().offset(from), sx, x) };
            state = run::<C>(state, x, piece.place + sign * start as i64, sign, y);
            if writes {
                let to = (piece.at[1] + start as isize * sy) * self.sizes[1];
                // SAFETY: as above.
                unsafe { (self.write)(y, buffers.y.get().offset(to), sy) };
            }
        }
        state
    }

    /// Carries a piece of several lanes from `room.states` on, which then are the last ones.
    ///
    /// # Safety
    /// As for [`Scanning::narrow`].
    unsafe fn wide(&self, piece: &Piece, buffers: &Buffers<C>, room: &mut Room<C>, writes: bool) {
        let ([sx, sy], sign) = self.steps();
        let (x, y) = (&mut room.x[..piece.lanes], &mut room.y[..piece.lanes]);
        let states = &mut room.states[..piece.lanes];
        for k in 0..piece.len as isize {
            let (from, place) = ((piece.at[0] + k * sx) * self.sizes[0], piece.place + sign * k as i64);
            // SAFETY: the caller vouches for the buffer.
            unsafe { (self.read)(buffers.x.get().offset(from), self.lines.lane, x) };
            for ((state, &x), y) in states.iter_mut().zip(&*x).zip(&mut *y) {
                *state = C::join(*state, C::of(x, place));
                *y = C::result(*state);
            }
            if writes {
                let to = (piece.at[1] + k * sy) * self.sizes[1];
                // SAFETY: as above.
                unsafe { (self.write)(y, buffers.y.get().offset(to), 1) };
            }
        }
    }

    /// Carries the first `pieces`, each from its state if lines are cut. Without `writes` the states are left.
    ///
    /// # Safety
    /// As for [`Executable::launch`]; there is a state for every lane of every piece, if lines are cut.
    unsafe fn run(&self, pieces: usize, buffers: &Buffers<C>, writes: bool) {
        let tasks = (self.lines.count() * self.lines.len / TASK).clamp(1, pieces.max(1));
        pool::for_each(tasks, |task| {
            let mut room = Room::<C> { x: [C::X::ZERO; RUN], y: [C::Y::ZERO; RUN], states: [C::START; RUN] };
            for i in part(pieces, tasks, task) {
                let piece = self.piece(i);
                let states = &mut room.states[..piece.lanes];
                // SAFETY: the caller vouches for the buffers; a piece belongs to one task.
                unsafe {
                    let own = buffers.states.get().wrapping_add(piece.state);
                    match self.blocks {
                        1 => states.fill(C::START),
                        _ => states.copy_from_slice(std::slice::from_raw_parts(own, piece.lanes)),
                    }
                    match (self.width, states[0]) {
                        (1, state) => room.states[0] = self.narrow(&piece, buffers, &mut room, state, writes),
                        _ => self.wide(&piece, buffers, &mut room, writes),
                    }
                    if !writes {
                        std::ptr::copy_nonoverlapping(room.states.as_ptr(), own, piece.lanes);
                    }
                }
            }
        });
    }
}

/// Carries the elements `x`, the first at `place`, from `state` on into `y`; returns the last state.
fn run<C: Carry>(mut state: C::State, x: &[C::X], place: i64, sign: i64, y: &mut [C::Y]) -> C::State {
    let whole = if C::IS_CHEAP { x.len() - x.len() % TOGETHER } else { 0 };
    let at = |k: usize| place + sign * k as i64;
    let mut k = 0;
    for (x, y) in x[..whole].as_chunks::<TOGETHER>().0.iter().zip(y.as_chunks_mut::<TOGETHER>().0) {
        // After each round an element holds twice as many before it.
        let mut run: [C::State; TOGETHER] = std::array::from_fn(|i| C::of(x[i], at(k + i)));
        for by in [1, 2, 4] {
            let before = run;
            (by..TOGETHER).for_each(|i| run[i] = C::join(before[i - by], before[i]));
        }
        *y = run.map(|run| C::result(C::join(state, run)));
        state = C::join(state, run[TOGETHER - 1]);
        k += TOGETHER;
    }
    for k in whole..x.len() {
        state = C::join(state, C::of(x[k], at(k)));
        y[k] = C::result(state);
    }
    state
}

impl<C: Carry> Executable for Scanning<C> {
    unsafe fn launch(&self, buffers: &[*mut u8], _args: &[f64], _errors: &ErrorWord) {
        let lines = self.lines.count();
        if lines * self.lines.len == 0 {
            return;
        }
        let strips = self.lines.sets * self.strips();
        let count = if self.blocks > 1 { lines * self.blocks } else { 0 };
        scratch::with(count, |states: *mut C::State| {
            let (y, x) = (Shared::new(buffers[0]), Shared::new(buffers[1]));
            let buffers = Buffers::<C> { y, x, states: Shared::new(states) };
            // SAFETY: the caller vouches for the buffers, and scratch has a state for each block of each line, if
            // those are needed.
            unsafe {
                (0..count).for_each(|i| *states.add(i) = C::START);
                if self.blocks > 1 {
                    self.run(strips * (self.blocks - 1), &buffers, false);
                    for line in 0..lines {
                        let mut before = C::START;
                        for block in 0..self.blocks {
                            let state = states.add(block * lines + line);
                            (before, *state) = (C::join(before, *state), before);
                        }
                    }
                }
                self.run(strips * self.blocks, &buffers, true);
            }
        });
    }
}
