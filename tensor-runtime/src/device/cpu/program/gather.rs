//! Places as values: iota, loads moved by an index, and checks of values.

use super::code::*;
use super::geometry::Layout;
use super::run::{Block, Task};
use super::tile;
use super::walk::Run;
use crate::device::Failure;
use smallvec::SmallVec;

impl Task<'_> {
    /// Writes the place of each point; `outside` replaces those out of bounds where it is not 0.
    pub(super) unsafe fn iota(&self, place: &Place, out: *mut i64, span: Span, n: usize, block: &Block, outside: i64) {
        let put = |lane: usize, len: usize, at: Option<isize>, stride: isize| {
            // SAFETY: `out` holds a block.
            let out = unsafe { std::slice::from_raw_parts_mut(out.add(lane), len) };
            match at {
                Some(at) => out.iter_mut().enumerate().for_each(|(i, x)| *x = at as i64 + i as i64 * stride as i64),
                None => out.fill(outside),
            }
        };
        match place {
            Place::Flat(walk) => walk.runs(self.start(span, block), n, |r| put(r.lane, r.len, r.at, r.stride)),
            Place::Area([lanes, rows]) => {
                let mut inner: SmallVec<[Run; 32]> = SmallVec::new();
                rows.runs(block.row, block.rows, |r| inner.push(r));
                lanes.runs(block.point, block.lanes, |l| {
                    for r in &inner {
                        for j in 0..r.len {
                            let at = l.at.zip(r.at).map(|(a, b)| a + b + j as isize * r.stride);
                            put((r.lane + j) * block.lanes + l.lane, l.len, at, l.stride);
                        }
                    }
                });
            }
        }
    }

    pub(super) unsafe fn index(&self, index: &Index, instr: &Instr, n: usize, block: &Block) {
        let Index { load, index_span, stride, len, .. } = index;
        // SAFETY: places that pass the check are readable; raw room holds a block of places.
        unsafe {
            let out = self.at(instr.out);
            let buffer = self.launch.buffers[load.buffer as usize];
            let indices = self.at(index.index).cast::<i64>();
            if let (Span::Lanes, Span::Block, Place::Flat(walk)) = (index_span, instr.span, &load.place) {
                // A row for each index.
                let raw = if load.convert.is_some() { self.scratch.add(self.launch.code.raw) } else { out };
                let first = walk.repeated(self.launch.row_len);
                for lane in 0..block.lanes {
                    let i = *indices.add(lane);
                    let raw = raw.add(lane * block.rows * load.size);
                    if let (Some(first), true) = (first, (0..*len).contains(&i)) {
                        let at = first + block.row as isize + i as isize * stride;
                        let src = buffer.offset(at * load.size as isize);
                        std::ptr::copy_nonoverlapping(src, raw, block.rows * load.size);
                    } else if (0..*len).contains(&i) {
                        let start = (block.point + lane) * self.launch.row_len + block.row;
                        let row = buffer.wrapping_offset(i as isize * stride * load.size as isize);
                        tile::load(walk, row, load.size, start, block.rows, raw, true);
                    } else {
                        self.report(index.check, i, instr.span, lane * block.rows, block);
                        std::ptr::write_bytes(raw, 0, block.rows * load.size);
                    }
                }
                if let Some(f) = load.convert {
                    f(n, &[raw], out);
                }
                return;
            }
            let places = self.scratch.add(self.launch.code.raw).cast::<i64>();
            self.iota(&load.place, places, instr.span, n, block, i64::MIN);
            match load.size {
                1 => self.gather::<u8>(index, indices, places, n, instr, block),
                2 => self.gather::<u16>(index, indices, places, n, instr, block),
                4 => self.gather::<u32>(index, indices, places, n, instr, block),
                _ => self.gather::<u64>(index, indices, places, n, instr, block),
            }
        }
    }

    unsafe fn gather<T: Copy + Default>(
        &self,
        index: &Index,
        indices: *const i64,
        places: *mut i64,
        n: usize,
        instr: &Instr,
        block: &Block,
    ) {
        let load = &index.load;
        // SAFETY: as in `index`. What is gathered replaces its place: it is no wider.
        unsafe {
            let buffer = self.launch.buffers[load.buffer as usize].cast::<T>();
            let out = if load.convert.is_some() { places.cast::<T>() } else { self.at(instr.out).cast() };
            for lane in 0..n {
                let (i, place) = (*indices.add(lane), *places.add(lane));
                let mut value = T::default();
                if !(0..index.len).contains(&i) {
                    self.report(index.check, i, instr.span, lane, block);
                } else if place != i64::MIN {
                    value = *buffer.offset(place as isize + i as isize * index.stride);
                }
                *out.add(lane) = value;
            }
            if let Some(f) = load.convert {
                f(n, &[out.cast()], self.at(instr.out));
            }
        }
    }

    pub(super) unsafe fn check(&self, src: SlotId, check: Failing, span: Span, n: usize, block: &Block) {
        // SAFETY: booleans are bytes of 0 or 1.
        let bytes = unsafe { std::slice::from_raw_parts(self.at(src), n) };
        if bytes.iter().fold(1, |all, b| all & b) == 0 {
            let failed = bytes.iter().enumerate().filter(|(_, b)| **b == 0);
            failed.for_each(|(lane, _)| self.report(check, 0, span, lane, block));
        }
    }

    /// Notes that the check failed at a lane of the block.
    #[cold]
    fn report(&self, check: Failing, value: i64, span: Span, lane: usize, block: &Block) {
        let (point, row) = match (span, self.launch.geometry.layout) {
            (Span::One, _) => (0, 0),
            (Span::Lanes, _) => (block.point + lane, 0),
            (Span::Block, Layout::Rows) => (block.point + lane / block.rows, block.row + lane % block.rows),
            (Span::Block, Layout::Lanes) => (block.point + lane % block.lanes, block.row + lane / block.lanes),
        };
        let [outer, rows] = self.launch.point;
        let at = if check.full { (outer.place(point) + rows.place(row)) as usize } else { point };
        self.launch.errors.report(Failure { check: check.id, at, value });
    }
}
