//! Folds in the canonical order: lanes of a chunk, the tree of lanes, chunks merged like carries.

use super::op::Fold;
use formwork_ir::Program;
use std::mem::MaybeUninit;

pub(super) const CHUNK: usize = Program::SUM_CHUNK;
pub(super) const LANES: usize = Program::SUM_LANES;
/// Chunk sums that can wait at once: a row has fewer than 2^48 chunks.
const LEVELS: usize = 48;

/// A row under way.
#[repr(C)]
pub(super) struct RowState<A> {
    chunks: u64,
    /// The first `chunks.count_ones()` are there.
    stack: [MaybeUninit<A>; LEVELS],
}

pub(super) fn row_bytes<O: Fold>() -> usize {
    size_of::<RowState<O::A>>()
}

/// # Safety
/// `state` has room for a `RowState`.
pub(super) unsafe fn row_init<O: Fold>(state: *mut u8) {
    // SAFETY: as above.
    unsafe { (*state.cast::<RowState<O::A>>()).chunks = 0 };
}

/// The folds of `K` stretches of `n` elements, side by side so that their latencies overlap.
///
/// # Safety
/// Each pointer is that of `n` elements.
#[inline(always)]
unsafe fn chunks<O: Fold, const K: usize>(src: [*const O::T; K], n: usize) -> [O::A; K] {
    let mut acc = [[O::identity(); LANES]; K];
    let whole = n / LANES * LANES;
    let mut i = 0;
    // SAFETY: `i + l` is below `n`.
    unsafe {
        while i < whole {
            for k in 0..K {
                let x = src[k].add(i).cast::<[O::T; LANES]>().read_unaligned();
                for l in 0..LANES {
                    acc[k][l] = O::join(acc[k][l], O::lift(x[l]));
                }
            }
            i += LANES;
        }
        // Through memory: else the compiler lets the tree below choose the registers of the loop.
        acc = std::hint::black_box(acc);
        for k in 0..K {
            for (l, acc) in acc[k].iter_mut().enumerate().take(n - whole) {
                *acc = O::join(*acc, O::lift(*src[k].add(whole + l)));
            }
        }
    }
    let mut result = [O::identity(); K];
    for k in 0..K {
        let mut half = LANES / 2;
        while half > 0 {
            for l in 0..half {
                acc[k][l] = O::join(acc[k][l], acc[k][l + half]);
            }
            half /= 2;
        }
        result[k] = acc[k][0];
    }
    result
}

impl<A: Copy> RowState<A> {
    /// Sum `i` of those that wait.
    #[inline(always)]
    fn waiting(&self, i: usize) -> A {
        debug_assert!(i < self.chunks.count_ones() as usize);
        // SAFETY: `push` wrote it.
        unsafe { self.stack[i].assume_init() }
    }

    #[inline(always)]
    fn push<O: Fold<A = A>>(&mut self, mut value: A) {
        let (mut top, mut carry) = (self.chunks.count_ones() as usize, self.chunks);
        while carry & 1 == 1 {
            top -= 1;
            value = O::join(self.waiting(top), value);
            carry >>= 1;
        }
        self.stack[top].write(value);
        self.chunks += 1;
    }

    #[inline(always)]
    fn close<O: Fold<A = A>>(&self) -> A {
        let top = self.chunks.count_ones() as usize;
        if top == 0 {
            return O::identity();
        }
        (0..top - 1).rev().fold(self.waiting(top - 1), |value, i| O::join(self.waiting(i), value))
    }
}

/// Takes the next `n` elements of a row; only the last call may bring an `n` that is no multiple of
/// a chunk.
///
/// # Safety
/// `state` was initialised, `src` holds `n` elements.
#[inline(always)]
pub(super) unsafe fn row_feed<O: Fold>(state: *mut u8, src: *const u8, n: usize, _first: usize) {
    // SAFETY: as above; chunks lie in `0..n`.
    unsafe {
        let state = &mut *state.cast::<RowState<O::A>>();
        let src = src.cast::<O::T>();
        let mut i = 0;
        while i + 2 * CHUNK <= n {
            let [a, b] = chunks::<O, 2>([src.add(i), src.add(i + CHUNK)], CHUNK);
            state.push::<O>(a);
            state.push::<O>(b);
            i += 2 * CHUNK;
        }
        while i < n {
            let len = CHUNK.min(n - i);
            let [a] = chunks::<O, 1>([src.add(i)], len);
            state.push::<O>(a);
            i += len;
        }
    }
}

/// Folds `rows` rows of `n` elements each, one after another in `src`, to `rows` elements.
///
/// # Safety
/// `src` holds the rows, `out` has room.
#[inline(always)]
pub(super) unsafe fn rows<O: Fold>(src: *const u8, n: usize, rows: usize, out: *mut u8) {
    let (src, out) = (src.cast::<O::T>(), out.cast::<O::T>());
    // SAFETY: row `j` begins at `j * n`.
    unsafe {
        if n > CHUNK {
            let mut state = MaybeUninit::<RowState<O::A>>::uninit();
            for j in 0..rows {
                row_init::<O>(state.as_mut_ptr().cast());
                row_feed::<O>(state.as_mut_ptr().cast(), src.add(j * n).cast(), n, 0);
                *out.add(j) = O::lower((*state.as_ptr()).close::<O>());
            }
            return;
        }
        let mut j = 0;
        while j + 4 <= rows {
            let four = chunks::<O, 4>(std::array::from_fn(|k| src.add((j + k) * n)), n);
            (0..4).for_each(|k| *out.add(j + k) = O::lower(four[k]));
            j += 4;
        }
        for j in j..rows {
            let [a] = chunks::<O, 1>([src.add(j * n)], n);
            *out.add(j) = O::lower(a);
        }
    }
}

/// What is known of a row so far, as one accumulator.
///
/// # Safety
/// `state` was initialised, `part` has room for one.
pub(super) unsafe fn row_part<O: Fold>(state: *const u8, _lanes: usize, part: *mut u8, _index: *mut i64) {
    // SAFETY: as above.
    unsafe { *part.cast::<O::A>() = (*state.cast::<RowState<O::A>>()).close::<O>() };
}

/// Lanes under way: a header, then accumulators of a chunk, then waiting chunk sums, `pitch` each.
#[repr(C, align(64))]
struct LaneState {
    chunks: u64,
    /// Accumulators that hold elements which are not in a chunk sum yet. Those behind them would
    /// hold the identity, which changes nothing.
    used: usize,
}

pub(super) fn lane_bytes<O: Fold>(pitch: usize) -> usize {
    size_of::<LaneState>() + (LANES + LEVELS) * pitch * size_of::<O::A>()
}

/// # Safety
/// `state` has room for `lane_bytes`.
pub(super) unsafe fn lane_init<O: Fold>(state: *mut u8) {
    // SAFETY: as above.
    unsafe { *state.cast::<LaneState>() = LaneState { chunks: 0, used: 0 } };
}

/// Takes the next `count` rows of `lanes` lanes, `stride` elements apart; they lie in one chunk.
///
/// # Safety
/// `state` was initialised for `pitch` lanes, `src` holds the rows.
#[inline(always)]
pub(super) unsafe fn lane_feed<O: Fold>(
    state: *mut u8,
    src: *const u8,
    stride: usize,
    count: usize,
    [lanes, pitch]: [usize; 2],
    first: usize,
) {
    // SAFETY: accumulators lie behind the header, rows in `src`.
    unsafe {
        let header = state.cast::<LaneState>();
        let acc = header.add(1).cast::<O::A>();
        let src = src.cast::<O::T>();
        for j in 0..count {
            let (at, src) = ((first + j) % CHUNK, src.add(j * stride));
            let acc = acc.add(at % LANES * pitch);
            if at < LANES {
                (*header).used = at + 1;
                (0..lanes).for_each(|l| *acc.add(l) = O::join(O::identity(), O::lift(*src.add(l))));
            } else {
                (0..lanes).for_each(|l| *acc.add(l) = O::join(*acc.add(l), O::lift(*src.add(l))));
            }
        }
        if (first + count).is_multiple_of(CHUNK) {
            lane_flush::<O>(state, lanes, pitch);
        }
    }
}

/// Folds the accumulators to a chunk sum and pushes it.
#[inline(always)]
unsafe fn lane_flush<O: Fold>(state: *mut u8, lanes: usize, pitch: usize) {
    // SAFETY: as in `lane_feed`; the stack lies behind the accumulators.
    unsafe {
        let header = state.cast::<LaneState>();
        let acc = header.add(1).cast::<O::A>();
        let stack = acc.add(LANES * pitch);
        let join = |to: *mut O::A, a: *const O::A, b: *const O::A| {
            for l in 0..lanes {
                *to.add(l) = O::join(*a.add(l), *b.add(l));
            }
        };
        let mut half = LANES / 2;
        while half > 0 {
            for i in 0..half.min((*header).used.saturating_sub(half)) {
                join(acc.add(i * pitch), acc.add(i * pitch), acc.add((i + half) * pitch));
            }
            half /= 2;
        }
        let (mut top, mut carry) = ((*header).chunks.count_ones() as usize, (*header).chunks);
        while carry & 1 == 1 {
            top -= 1;
            join(acc, stack.add(top * pitch), acc);
            carry >>= 1;
        }
        std::ptr::copy_nonoverlapping(acc, stack.add(top * pitch), lanes);
        (*header).chunks += 1;
        (*header).used = 0;
    }
}

/// What is known of each lane so far, as one accumulator a lane.
///
/// # Safety
/// `state` was initialised for `pitch` lanes, `part` has room for `lanes`.
#[inline(always)]
pub(super) unsafe fn lane_part<O: Fold>(state: *mut u8, [lanes, pitch]: [usize; 2], part: *mut u8, _index: *mut i64) {
    // SAFETY: as above.
    unsafe {
        let header = state.cast::<LaneState>();
        if (*header).used > 0 {
            lane_flush::<O>(state, lanes, pitch);
        }
        let stack = header.add(1).cast::<O::A>().add(LANES * pitch);
        let (top, part) = ((*header).chunks.count_ones() as usize, part.cast::<O::A>());
        if top == 0 {
            return (0..lanes).for_each(|l| *part.add(l) = O::identity());
        }
        std::ptr::copy_nonoverlapping(stack.add((top - 1) * pitch), part, lanes);
        for i in (0..top - 1).rev() {
            let waiting = stack.add(i * pitch);
            (0..lanes).for_each(|l| *part.add(l) = O::join(*waiting.add(l), *part.add(l)));
        }
    }
}

/// Parts of one row, in order, each but a ragged last one a whole power of two of chunks, to the result.
///
/// # Safety
/// `parts` holds `count` times `lanes` accumulators, `pitch` apart; `out` has room for `lanes`.
pub(super) unsafe fn combine<O: Fold>(
    parts: *const u8,
    _index: *const i64,
    [count, pitch]: [usize; 2],
    ragged: bool,
    lanes: usize,
    out: *mut u8,
) {
    let (parts, out) = (parts.cast::<O::A>(), out.cast::<O::T>());
    if count == 1 {
        // SAFETY: as above.
        return (0..lanes).for_each(|l| unsafe { *out.add(l) = O::lower(*parts.add(l)) });
    }
    let mut state = RowState::<O::A> { chunks: 0, stack: [MaybeUninit::uninit(); LEVELS] };
    let whole = count - ragged as usize;
    for l in 0..lanes {
        state.chunks = 0;
        // SAFETY: as above.
        unsafe {
            (0..whole).for_each(|i| state.push::<O>(*parts.add(i * pitch + l)));
            let value = match (ragged, whole) {
                (false, _) => state.close::<O>(),
                (true, 0) => *parts.add(l),
                (true, _) => {
                    let top = state.chunks.count_ones() as usize;
                    (0..top).rev().fold(*parts.add(whole * pitch + l), |value, i| O::join(state.waiting(i), value))
                }
            };
            *out.add(l) = O::lower(value);
        }
    }
}
