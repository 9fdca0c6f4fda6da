//! Runs block instructions.

use super::ahead::Ahead;
use super::code::*;
use super::geometry::{Geometry, Layout};
use super::lower::number_bits;
use super::past;
use super::slots::PADDING;
use super::tile::{self, Area};
use super::walk::Walk;
use crate::device::ErrorWord;

/// What all tasks of a launch share.
#[derive(Clone, Copy)]
pub(super) struct Launch<'a> {
    pub code: &'a Listing,
    pub geometry: &'a Geometry,
    pub row_len: usize,
    /// The number of a point in the program's order: over outer dims, over the row.
    pub point: &'a [Walk; 2],
    pub buffers: &'a [*mut u8],
    pub args: &'a [f64],
    pub errors: &'a ErrorWord,
}

// SAFETY: tasks of a launch write to disjoint elements of the buffers, and they outlive it.
unsafe impl Sync for Launch<'_> {}

/// The points that instructions work on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub point: usize,
    pub lanes: usize,
    pub row: usize,
    pub rows: usize,
}

impl Block {
    #[inline]
    fn count(&self, span: Span) -> usize {
        match span {
            Span::One => 1,
            Span::Lanes => self.lanes,
            Span::Block => self.lanes * self.rows,
        }
    }
}

/// A task: the launch, and memory of its own.
pub(super) struct Task<'a> {
    pub launch: Launch<'a>,
    /// A pointer for each slot.
    slots: *mut *mut u8,
    pub(super) scratch: *mut u8,
    frame: *mut u8,
    ahead: Ahead,
}

impl<'a> Task<'a> {
    /// Bytes of memory that a task wants, its frame not counted.
    pub fn bytes(code: &Listing) -> usize {
        (code.slots.len() * size_of::<*mut u8>()).next_multiple_of(64) + code.scratch_bytes
    }

    /// A task in `memory`; `points` is the size of its largest block, for scalars that are repeated.
    ///
    /// # Safety
    /// `memory` has `Task::bytes`, `frame` has the code's frame bytes, both for as long as the task
    /// lives; the launch's buffers are as in `Executable::launch`.
    pub unsafe fn new(launch: Launch<'a>, memory: *mut u8, frame: *mut u8, points: usize) -> Task<'a> {
        let code = launch.code;
        let table = (code.slots.len() * size_of::<*mut u8>()).next_multiple_of(64);
        // SAFETY: the table comes first, scratch lies behind it.
        unsafe {
            let task = Task { launch, slots: memory.cast(), scratch: memory.add(table), frame, ahead: Ahead::new() };
            for i in 0..code.slots.len() {
                *task.slots.add(i) = task.home(i as SlotId);
            }
            for (number, slot) in &code.numbers {
                let bits = match *number {
                    Number::Const(bits) => bits,
                    Number::Arg(i, dtype) => number_bits(dtype, launch.args[i as usize]),
                };
                // Lanes are little-endian, and a slot has room for eight bytes.
                task.at(*slot).cast::<u64>().write_unaligned(bits.to_le());
            }
            task.list(&code.scalars, Block { point: 0, lanes: 1, row: 0, rows: 1 });
            for splat in &code.splats {
                tile::fill(splat.size, task.at(splat.src), points, task.at(splat.out));
            }
            task
        }
    }

    /// The slot's own place.
    #[inline]
    pub(super) unsafe fn home(&self, slot: SlotId) -> *mut u8 {
        let Slot { room, offset, .. } = self.launch.code.slots[slot as usize];
        // SAFETY: offsets lie in their rooms.
        unsafe {
            match room {
                Room::Frame => self.frame.add(offset),
                Room::Scratch => self.scratch.add(offset),
            }
        }
    }

    #[inline]
    pub(super) unsafe fn at(&self, slot: SlotId) -> *mut u8 {
        // SAFETY: the table has an entry for each slot.
        unsafe { *self.slots.add(slot as usize) }
    }

    /// Runs the outer points `point..point + lanes` through all passes.
    ///
    /// # Safety
    /// As in `Task::new`; `lanes` is at most the geometry's.
    pub unsafe fn block(&self, point: usize, lanes: usize) {
        let code = self.launch.code;
        let outer = Block { point, lanes, row: 0, rows: 1 };
        // SAFETY: the caller's.
        unsafe {
            self.list(&code.outer[0], outer);
            for (i, pass) in code.passes.iter().enumerate() {
                self.rows(pass, point, lanes, 0, self.launch.row_len);
                if !self.reduces_at_once() {
                    for reduction in &code.reductions[pass.reductions.clone()] {
                        let (part, index) = (self.scratch.add(code.raw), self.index_room(lanes));
                        self.part(reduction, lanes, part, index);
                        let out = self.at(reduction.out);
                        (reduction.reducer.combine)(part, index, [1, lanes], false, lanes, out);
                    }
                }
                self.list(&code.outer[i + 1], outer);
            }
        }
    }

    /// Room for an index a lane behind the accumulators.
    unsafe fn index_room(&self, lanes: usize) -> *mut i64 {
        // SAFETY: there is room for 16 bytes a lane.
        unsafe { self.scratch.add(self.launch.code.raw + 8 * lanes).cast() }
    }

    /// Whether whole rows are reduced by one instruction, so that no state is needed.
    pub fn reduces_at_once(&self) -> bool {
        self.launch.geometry.whole && self.launch.geometry.layout == Layout::Rows
    }

    /// Runs a pass over the row elements `from..to`.
    ///
    /// # Safety
    /// As in `Task::block`.
    pub unsafe fn rows(&self, pass: &Pass, point: usize, lanes: usize, from: usize, to: usize) {
        let Launch { code, geometry, .. } = self.launch;
        let is_lanes = geometry.layout == Layout::Lanes;
        // SAFETY: the caller's; blocks of a row never reach beyond it.
        unsafe {
            let rows = geometry.chunk.min(to - from);
            self.list(&pass.prologue, Block { point, lanes, row: from, rows });
            if !self.reduces_at_once() {
                for r in &code.reductions[pass.reductions.clone()] {
                    let state = self.scratch.add(r.state);
                    if is_lanes {
                        (r.reducer.lane_init)(state, geometry.lanes, from);
                    } else {
                        (r.reducer.row_init)(state, from);
                    }
                }
            }
            let mut row = from;
            while row < to {
                let rows = geometry.chunk.min(to - row);
                for slot in &code.kept {
                    let size = code.slots[*slot as usize].size;
                    *self.slots.add(*slot as usize) = self.home(*slot).add(row * lanes * size);
                }
                self.list(&pass.body, Block { point, lanes, row, rows });
                row += rows;
            }
        }
    }

    /// What a reduction knows after `rows`.
    ///
    /// # Safety
    /// As in `Task::block`; `part` and `index` have room for an accumulator and an index a lane.
    pub unsafe fn part(&self, reduction: &Reduction, lanes: usize, part: *mut u8, index: *mut i64) {
        // SAFETY: the state was initialised by `rows`.
        unsafe {
            let state = self.scratch.add(reduction.state);
            match self.launch.geometry.layout {
                Layout::Rows => (reduction.reducer.row_part)(state, lanes, part, index),
                Layout::Lanes => (reduction.reducer.lane_part)(state, [lanes, self.launch.geometry.lanes], part, index),
            }
        }
    }

    /// # Safety
    /// As in `Task::block`.
    #[inline]
    pub unsafe fn list(&self, list: &[Instr], block: Block) {
        for instr in list {
            // SAFETY: the compiler gave each slot room for its span.
            unsafe { self.instr(instr, &block) };
            self.ahead.ask();
        }
    }

    #[inline]
    unsafe fn instr(&self, instr: &Instr, block: &Block) {
        let n = block.count(instr.span);
        // SAFETY: passed on.
        unsafe {
            match &instr.code {
                Code::Apply { f, args, arity } => {
                    let mut ptrs = [std::ptr::null::<u8>(); 3];
                    for i in 0..*arity as usize {
                        ptrs[i] = self.at(args[i]);
                    }
                    let n = if instr.padded { n.next_multiple_of(PADDING) } else { n };
                    f(n, &ptrs[..*arity as usize], self.at(instr.out));
                }
                Code::Load(load) => self.load(load, instr, n, block),
                Code::Pieces { loads, fill } => self.pieces(loads, *fill, instr, n, block),
                Code::Store(store) => self.store(store, instr.span, n, block),
                Code::Direct(store) => self.direct(store, instr, n, block),
                Code::Rows { f, args, pitch, arity, out_size } => {
                    let (runs, len) = match self.launch.geometry.layout {
                        Layout::Rows => (block.lanes, block.rows),
                        Layout::Lanes => (block.rows, block.lanes),
                    };
                    let mut ptrs = [std::ptr::null::<u8>(); 3];
                    let arity = *arity as usize;
                    for j in 0..runs {
                        for i in 0..arity {
                            ptrs[i] = self.at(args[i]).add(match pitch[i] {
                                Pitch::Full(size) => j * len * size,
                                Pitch::Lane(size) => j * size,
                                Pitch::Same => 0,
                            });
                        }
                        f(len, &ptrs[..arity], self.at(instr.out).add(j * len * out_size));
                    }
                }
                Code::Reduce { src, reduction } => {
                    let reducer = &self.launch.code.reductions[*reduction as usize].reducer;
                    (reducer.rows)(self.at(*src), block.rows, block.lanes, self.at(instr.out));
                }
                Code::Feed { src, reduction } => self.feed(*src, *reduction as usize, block),
                Code::Expand { src, size } => self.expand(*src, *size, self.at(instr.out), block),
                Code::Iota(place) => self.iota(place, self.at(instr.out).cast(), instr.span, n, block, 0),
                Code::Index(index) => self.index(index, instr, n, block),
                Code::Check { src, check } => self.check(*src, *check, instr.span, n, block),
            }
        }
    }

    unsafe fn feed(&self, src: SlotId, reduction: usize, block: &Block) {
        let Reduction { reducer, state, .. } = &self.launch.code.reductions[reduction];
        // SAFETY: the state was initialised when the pass began.
        unsafe {
            let (state, src) = (self.scratch.add(*state), self.at(src));
            match self.launch.geometry.layout {
                Layout::Rows => (reducer.row_feed)(state, src, block.rows, block.row),
                Layout::Lanes => {
                    let lanes = [block.lanes, self.launch.geometry.lanes];
                    (reducer.lane_feed)(state, src, block.lanes, block.rows, lanes, block.row);
                }
            }
        }
    }

    /// The first point of the block in the order of the span.
    #[inline]
    pub(super) fn start(&self, span: Span, block: &Block) -> usize {
        match span {
            Span::One => 0,
            Span::Lanes => block.point,
            Span::Block => block.point * self.launch.row_len + block.row,
        }
    }

    #[inline]
    unsafe fn load(&self, load: &Load, instr: &Instr, n: usize, block: &Block) {
        // SAFETY: the places of a block's points are readable; slot and raw room hold a block.
        unsafe {
            let (buffer, start) = (self.launch.buffers[load.buffer as usize], self.start(instr.span, block));
            if let Place::Flat(walk) = &load.place
                && let Some(at) = walk.contiguous(start, n)
            {
                let src = buffer.offset(at * load.size as isize);
                if let Some(stream) = load.stream {
                    self.ahead.expect(stream, src.wrapping_add(n * load.size), n * load.size, false);
                }
                match load.convert {
                    Some(f) => f(n, &[src], self.home(instr.out)),
                    None if load.in_place => *self.slots.add(instr.out as usize) = src,
                    None => std::ptr::copy_nonoverlapping(src, self.home(instr.out), n * load.size),
                }
                return;
            }
            let home = self.home(instr.out);
            *self.slots.add(instr.out as usize) = home;
            let raw = if load.convert.is_some() { self.scratch.add(self.launch.code.raw) } else { home };
            match &load.place {
                Place::Flat(walk) => tile::load(walk, buffer, load.size, start, n, raw, true),
                Place::Area([lanes, rows]) => tile::load_area([lanes, rows], buffer, load.size, area(block), raw, true),
            }
            if let Some(f) = load.convert {
                f(n, &[raw], home);
            }
        }
    }

    unsafe fn pieces(&self, loads: &[Load], fill: Option<u64>, instr: &Instr, n: usize, block: &Block) {
        let Some(Load { convert, size, .. }) = loads.first() else { return };
        // SAFETY: as in `load`; each piece leaves the points outside of its bounds as they are.
        unsafe {
            let (out, start) = (self.at(instr.out), self.start(instr.span, block));
            let to = if convert.is_some() { self.scratch.add(self.launch.code.raw) } else { out };
            if let Some(bits) = fill {
                // Lanes are little-endian.
                let bits = bits.to_le();
                tile::fill(*size, (&raw const bits).cast(), n, to);
            }
            for load in loads {
                let buffer = self.launch.buffers[load.buffer as usize];
                match &load.place {
                    Place::Flat(walk) => tile::load(walk, buffer, load.size, start, n, to, false),
                    Place::Area(walks) => tile::load_area(walks.each_ref(), buffer, load.size, area(block), to, false),
                }
            }
            if let Some(f) = convert {
                f(n, &[to], out);
            }
        }
    }

    #[inline]
    unsafe fn store(&self, store: &Store, span: Span, n: usize, block: &Block) {
        // SAFETY: the places of a block's points are writable.
        unsafe {
            let (buffer, start) = (self.launch.buffers[store.buffer as usize], self.start(span, block));
            let mut src: *const u8 = self.at(store.src);
            if let Place::Flat(walk) = &store.place
                && let Some(at) = walk.contiguous(start, n)
            {
                let dst = buffer.offset(at * store.size as isize);
                match store.convert {
                    Some(f) => f(n, &[src], dst),
                    None if src == dst => {}
                    None if let Some(copy) = self.past(store) => copy(src, dst, n * store.size),
                    None => std::ptr::copy_nonoverlapping(src, dst, n * store.size),
                }
                return;
            }
            if let Some(f) = store.convert {
                let raw = self.scratch.add(self.launch.code.raw);
                f(n, &[src], raw);
                src = raw;
            }
            match &store.place {
                Place::Flat(walk) => tile::store(walk, buffer, store.size, start, n, src),
                Place::Area([lanes, rows]) => tile::store_area([lanes, rows], buffer, store.size, area(block), src),
            }
        }
    }

    /// The copy past the caches that does a store, if that is none in place.
    #[inline]
    fn past(&self, store: &Store) -> Option<past::Copy> {
        let Past { copy, twins } = store.past.as_ref()?;
        let buffers = self.launch.buffers;
        twins.iter().all(|i| buffers[*i as usize] != buffers[store.buffer as usize]).then_some(*copy)
    }

    /// Points the slot into the buffer it will be stored to, unless that is read as well or stored past the caches.
    #[inline]
    unsafe fn direct(&self, store: &Store, instr: &Instr, n: usize, block: &Block) {
        let Launch { buffers, .. } = self.launch;
        let buffer = buffers[store.buffer as usize];
        // SAFETY: as in `store`.
        unsafe {
            *self.slots.add(instr.out as usize) = match &store.place {
                _ if self.past(store).is_some() => self.home(instr.out),
                Place::Flat(walk) if store.twins.iter().all(|i| buffers[*i as usize] != buffer) => {
                    match walk.contiguous(self.start(instr.span, block), n) {
                        Some(at) => {
                            let dst = buffer.offset(at * store.size as isize);
                            if let Some(stream) = store.stream {
                                self.ahead.expect(stream, dst.wrapping_add(n * store.size), n * store.size, true);
                            }
                            dst
                        }
                        None => self.home(instr.out),
                    }
                }
                _ => self.home(instr.out),
            };
        }
    }

    unsafe fn expand(&self, src: SlotId, size: usize, out: *mut u8, block: &Block) {
        // SAFETY: `out` holds a block, `src` a lane each.
        unsafe {
            let src = self.at(src);
            match self.launch.geometry.layout {
                Layout::Rows => {
                    for j in 0..block.lanes {
                        tile::fill(size, src.add(j * size), block.rows, out.add(j * block.rows * size));
                    }
                }
                Layout::Lanes => {
                    let bytes = block.lanes * size;
                    (0..block.rows).for_each(|j| std::ptr::copy_nonoverlapping(src, out.add(j * bytes), bytes));
                }
            }
        }
    }
}

impl Drop for Task<'_> {
    fn drop(&mut self) {
        if self.launch.code.is_past {
            past::fence();
        }
    }
}

fn area(block: &Block) -> Area {
    Area { point: block.point, lanes: block.lanes, row: block.row, rows: block.rows }
}
