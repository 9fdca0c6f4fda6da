//! Moves between memory and lane buffers, by element size.

use super::walk::{Run, Walk};
use smallvec::SmallVec;

/// Lanes that are read together where lanes lie across the order of memory.
const ACROSS: usize = 4;

/// Lanes that a block fills: `len` lanes a row, `rows` rows, `pitch` lanes from row to row.
#[derive(Clone, Copy)]
struct Tile {
    len: usize,
    rows: usize,
    pitch: usize,
    /// Strides in memory from lane to lane and from row to row.
    lane_stride: isize,
    row_stride: isize,
}

/// Calls the function for elements of `size` bytes.
macro_rules! by_size {
    ($size:expr, $f:ident ( $($arg:expr),* )) => {
        match $size {
            1 => $f::<u8>($($arg),*),
            2 => $f::<u16>($($arg),*),
            4 => $f::<u32>($($arg),*),
            _ => $f::<u64>($($arg),*),
        }
    };
}

/// Reads `count` points from `start` on into `out`; those outside of the bounds become zero if they are
/// `cleared`, or else stay.
///
/// # Safety
/// The elements of the walk are readable, `out` has room for `count` elements of `size` bytes.
pub(super) unsafe fn load(
    walk: &Walk,
    buffer: *const u8,
    size: usize,
    start: usize,
    count: usize,
    out: *mut u8,
    cleared: bool,
) {
    // SAFETY: as above.
    unsafe { by_size!(size, load_as(walk, buffer, start, count, out, cleared)) }
}

unsafe fn load_as<T: Copy>(walk: &Walk, buffer: *const u8, start: usize, count: usize, out: *mut u8, cleared: bool) {
    let (buffer, out) = (buffer.cast::<T>(), out.cast::<T>());
    // SAFETY: the runs lie in the buffer and in `0..count` of `out`; a zeroed T is a number.
    walk.runs(start, count, |run| unsafe {
        let out = out.add(run.lane);
        match run.at {
            None if cleared => std::ptr::write_bytes(out, 0, run.len),
            None => {}
            Some(at) => read_run(buffer.offset(at), run.stride, run.len, out),
        }
    });
}

#[inline(always)]
unsafe fn read_run<T: Copy>(src: *const T, stride: isize, len: usize, out: *mut T) {
    // SAFETY: the caller's run lies in both.
    unsafe {
        match stride {
            1 if len >= 16 => std::ptr::copy_nonoverlapping(src, out, len),
            1 => (0..len).for_each(|i| *out.add(i) = *src.add(i)),
            0 => {
                let x = *src;
                (0..len).for_each(|i| *out.add(i) = x);
            }
            // Known to the compiler, it makes vectors of it.
            2 => (0..len).for_each(|i| *out.add(i) = *src.add(2 * i)),
            _ => (0..len).for_each(|i| *out.add(i) = *src.offset(i as isize * stride)),
        }
    }
}

/// Writes `count` elements to the points from `start` on.
///
/// # Safety
/// The elements of the walk are writable, `src` holds `count` elements of `size` bytes.
pub(super) unsafe fn store(walk: &Walk, buffer: *mut u8, size: usize, start: usize, count: usize, src: *const u8) {
    // SAFETY: as above.
    unsafe { by_size!(size, store_as(walk, buffer, start, count, src)) }
}

unsafe fn store_as<T: Copy>(walk: &Walk, buffer: *mut u8, start: usize, count: usize, src: *const u8) {
    let (buffer, src) = (buffer.cast::<T>(), src.cast::<T>());
    // SAFETY: the runs lie in the buffer and in `0..count` of `src`.
    walk.runs(start, count, |run| unsafe {
        let Some(at) = run.at else { return };
        let (dst, src) = (buffer.offset(at), src.add(run.lane));
        match run.stride {
            1 if run.len >= 16 => std::ptr::copy_nonoverlapping(src, dst, run.len),
            stride => (0..run.len).for_each(|i| *dst.offset(i as isize * stride) = *src.add(i)),
        }
    });
}

/// The lanes and rows of a block whose lanes run over outer points.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub point: usize,
    pub lanes: usize,
    pub row: usize,
    pub rows: usize,
}

/// Reads a block of lanes by rows: `out[row * lanes + lane]`. What is outside is dealt with as in `load`.
///
/// # Safety
/// The elements that both walks reach together are readable, `out` has room for the block.
pub(super) unsafe fn load_area(
    walks: [&Walk; 2],
    buffer: *const u8,
    size: usize,
    area: Area,
    out: *mut u8,
    cleared: bool,
) {
    // SAFETY: as above.
    unsafe { by_size!(size, load_area_as(walks, buffer, area, out, cleared)) }
}

unsafe fn load_area_as<T: Copy>(
    [outer, inner]: [&Walk; 2],
    buffer: *const u8,
    area: Area,
    out: *mut u8,
    cleared: bool,
) {
    let (buffer, out) = (buffer.cast::<T>(), out.cast::<T>());
    let mut rows: SmallVec<[Run; 32]> = SmallVec::new();
    inner.runs(area.row, area.rows, |row| rows.push(row));
    outer.runs(area.point, area.lanes, |lane| {
        for row in &rows {
            let tile = Tile {
                len: lane.len,
                rows: row.len,
                pitch: area.lanes,
                lane_stride: lane.stride,
                row_stride: row.stride,
            };
            // SAFETY: the runs lie in the buffer and in the block.
            unsafe {
                let out = out.add(row.lane * area.lanes + lane.lane);
                match (lane.at, row.at) {
                    (Some(a), Some(b)) => read_tile(buffer.offset(a + b), tile, out),
                    _ if !cleared => {}
                    _ => (0..tile.rows).for_each(|j| std::ptr::write_bytes(out.add(j * tile.pitch), 0, tile.len)),
                }
            }
        }
    });
}

unsafe fn read_tile<T: Copy>(src: *const T, tile: Tile, out: *mut T) {
    let Tile { len, rows, pitch, lane_stride, row_stride } = tile;
    // SAFETY: the caller's tile lies in both.
    unsafe {
        if lane_stride.unsigned_abs() <= 1 || row_stride.unsigned_abs() > lane_stride.unsigned_abs() {
            for j in 0..rows {
                read_run(src.offset(j as isize * row_stride), lane_stride, len, out.add(j * pitch));
            }
            return;
        }
        match row_stride {
            // Known to the compiler, it makes vectors of it.
            1 => transpose(src, tile, 1, out),
            stride => transpose(src, tile, stride, out),
        }
    }
}

/// Some lanes at a time, each along its cache lines.
#[inline(always)]
unsafe fn transpose<T: Copy>(src: *const T, tile: Tile, row_stride: isize, out: *mut T) {
    let Tile { len, rows, pitch, lane_stride, .. } = tile;
    let mut i = 0;
    // SAFETY: the caller's tile lies in both.
    unsafe {
        while i + ACROSS <= len {
            let from: [*const T; ACROSS] = std::array::from_fn(|k| src.offset((i + k) as isize * lane_stride));
            for j in 0..rows {
                let at = j as isize * row_stride;
                let across: [T; ACROSS] = std::array::from_fn(|k| *from[k].offset(at));
                out.add(j * pitch + i).cast::<[T; ACROSS]>().write_unaligned(across);
            }
            i += ACROSS;
        }
        for i in i..len {
            let from = src.offset(i as isize * lane_stride);
            (0..rows).for_each(|j| *out.add(j * pitch + i) = *from.offset(j as isize * row_stride));
        }
    }
}

/// Writes a block of lanes by rows.
///
/// # Safety
/// The elements that both walks reach together are writable, `src` holds the block.
pub(super) unsafe fn store_area(walks: [&Walk; 2], buffer: *mut u8, size: usize, area: Area, src: *const u8) {
    // SAFETY: as above.
    unsafe { by_size!(size, store_area_as(walks, buffer, area, src)) }
}

unsafe fn store_area_as<T: Copy>([outer, inner]: [&Walk; 2], buffer: *mut u8, area: Area, src: *const u8) {
    let (buffer, src) = (buffer.cast::<T>(), src.cast::<T>());
    outer.runs(area.point, area.lanes, |lane| {
        inner.runs(area.row, area.rows, |row| {
            let (Some(a), Some(b)) = (lane.at, row.at) else { return };
            // SAFETY: the runs lie in the buffer and in the block.
            unsafe {
                let (dst, src) = (buffer.offset(a + b), src.add(row.lane * area.lanes + lane.lane));
                if lane.stride == 1 {
                    for j in 0..row.len {
                        let dst = dst.offset(j as isize * row.stride);
                        std::ptr::copy_nonoverlapping(src.add(j * area.lanes), dst, lane.len);
                    }
                    return;
                }
                for i in 0..lane.len {
                    let dst = dst.offset(i as isize * lane.stride);
                    (0..row.len).for_each(|j| *dst.offset(j as isize * row.stride) = *src.add(j * area.lanes + i));
                }
            }
        });
    });
}

/// Fills `out` with `count` copies of the element at `src`.
///
/// # Safety
/// `src` holds one element of `size` bytes, `out` has room for `count`.
pub(super) unsafe fn fill(size: usize, src: *const u8, count: usize, out: *mut u8) {
    // SAFETY: as above.
    unsafe { by_size!(size, fill_as(src, count, out)) }
}

unsafe fn fill_as<T: Copy>(src: *const u8, count: usize, out: *mut u8) {
    // SAFETY: as in `fill`.
    unsafe { read_run(src.cast::<T>(), 0, count, out.cast()) }
}
