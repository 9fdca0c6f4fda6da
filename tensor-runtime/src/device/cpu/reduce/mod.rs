//! Reductions of lane buffers, in the canonical order that [`formwork_ir::Program`] lays down.
//!
//! A reduction meets its elements in one of two ways: along a row, or lane by lane while rows come
//! one after another. Both make the same sums in the same order, as do parts of one row that are
//! combined at the end. This module knows element types and states; nothing of programs.

mod arg;
mod op;
mod tree;

use formwork_ir::block::Isa;
use formwork_ir::{Compute, ReduceOp};

pub(super) type RowFeed = unsafe fn(state: *mut u8, src: *const u8, n: usize, first: usize);
pub(super) type Rows = unsafe fn(src: *const u8, n: usize, rows: usize, out: *mut u8);
pub(super) type LaneFeed =
    unsafe fn(state: *mut u8, src: *const u8, stride: usize, rows: usize, lanes: [usize; 2], first: usize);
pub(super) type LanePart = unsafe fn(state: *mut u8, lanes: [usize; 2], part: *mut u8, index: *mut i64);
pub(super) type Combine =
    unsafe fn(parts: *const u8, index: *const i64, count_pitch: [usize; 2], ragged: bool, lanes: usize, out: *mut u8);

/// The functions of one reduction of one lane type.
#[derive(Clone, Copy)]
pub(super) struct Reducer {
    /// Bytes of an accumulator in a part.
    pub part_size: usize,
    pub row_bytes: usize,
    /// Prepares the state of a row whose first element has the number `first`.
    pub row_init: unsafe fn(state: *mut u8, first: usize),
    pub row_feed: RowFeed,
    pub row_part: unsafe fn(state: *const u8, lanes: usize, part: *mut u8, index: *mut i64),
    /// Whole rows at once.
    pub rows: Rows,
    pub lane_bytes: fn(pitch: usize) -> usize,
    pub lane_init: unsafe fn(state: *mut u8, pitch: usize, first: usize),
    pub lane_feed: LaneFeed,
    pub lane_part: LanePart,
    pub combine: Combine,
}

/// Copies of a function for each instruction set, chosen by `$isa`.
macro_rules! versions {
    ($isa:expr, fn($($x:ident: $t:ty),*), $call:expr) => {{
        unsafe fn portable<P: Pick>($($x: $t),*) {
            // SAFETY: passed on to the caller.
            unsafe { $call }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn avx2<P: Pick>($($x: $t),*) {
            // SAFETY: passed on to the caller.
            unsafe { $call }
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        unsafe fn avx512<P: Pick>($($x: $t),*) {
            // SAFETY: passed on to the caller.
            unsafe { $call }
        }
        match $isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => avx512::<P>,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => avx2::<P>,
            _ => portable::<P>,
        }
    }};
}

/// A row of the table: a kind of reduction of a lane type.
trait Pick: 'static {
    fn reducer(isa: Isa) -> Reducer;
    /// # Safety
    /// See [`RowFeed`]'s implementations.
    unsafe fn row_feed(state: *mut u8, src: *const u8, n: usize, first: usize);
    /// # Safety
    /// As above.
    unsafe fn rows(src: *const u8, n: usize, rows: usize, out: *mut u8);
    /// # Safety
    /// As above.
    unsafe fn lane_feed(state: *mut u8, src: *const u8, stride: usize, rows: usize, lanes: [usize; 2], first: usize);
    /// # Safety
    /// As above.
    unsafe fn lane_part(state: *mut u8, lanes: [usize; 2], part: *mut u8, index: *mut i64);
}

fn row_feed<P: Pick>(isa: Isa) -> RowFeed {
    versions!(isa, fn(s: *mut u8, x: *const u8, n: usize, first: usize), P::row_feed(s, x, n, first))
}

fn rows<P: Pick>(isa: Isa) -> Rows {
    versions!(isa, fn(x: *const u8, n: usize, rows: usize, out: *mut u8), P::rows(x, n, rows, out))
}

fn lane_feed<P: Pick>(isa: Isa) -> LaneFeed {
    versions!(
        isa,
        fn(s: *mut u8, x: *const u8, stride: usize, rows: usize, lanes: [usize; 2], first: usize),
        P::lane_feed(s, x, stride, rows, lanes, first)
    )
}

fn lane_part<P: Pick>(isa: Isa) -> LanePart {
    versions!(
        isa,
        fn(s: *mut u8, lanes: [usize; 2], part: *mut u8, index: *mut i64),
        P::lane_part(s, lanes, part, index)
    )
}

/// A fold by the tree.
struct Tree<O>(O);

impl<O: op::Fold> Pick for Tree<O> {
    fn reducer(isa: Isa) -> Reducer {
        Reducer {
            part_size: size_of::<O::A>(),
            row_bytes: tree::row_bytes::<O>(),
            // SAFETY, of both: the caller's.
            row_init: |state, _| unsafe { tree::row_init::<O>(state) },
            row_feed: row_feed::<Self>(isa),
            row_part: tree::row_part::<O>,
            rows: rows::<Self>(isa),
            lane_bytes: tree::lane_bytes::<O>,
            lane_init: |state, _, _| unsafe { tree::lane_init::<O>(state) },
            lane_feed: lane_feed::<Self>(isa),
            lane_part: lane_part::<Self>(isa),
            combine: tree::combine::<O>,
        }
    }

    #[inline(always)]
    unsafe fn row_feed(state: *mut u8, src: *const u8, n: usize, first: usize) {
        // SAFETY: the caller's.
        unsafe { tree::row_feed::<O>(state, src, n, first) }
    }

    #[inline(always)]
    unsafe fn rows(src: *const u8, n: usize, rows: usize, out: *mut u8) {
        // SAFETY: the caller's.
        unsafe { tree::rows::<O>(src, n, rows, out) }
    }

    #[inline(always)]
    unsafe fn lane_feed(state: *mut u8, src: *const u8, stride: usize, rows: usize, lanes: [usize; 2], first: usize) {
        // SAFETY: the caller's.
        unsafe { tree::lane_feed::<O>(state, src, stride, rows, lanes, first) }
    }

    #[inline(always)]
    unsafe fn lane_part(state: *mut u8, lanes: [usize; 2], part: *mut u8, index: *mut i64) {
        // SAFETY: the caller's.
        unsafe { tree::lane_part::<O>(state, lanes, part, index) }
    }
}

/// The place of an extreme.
struct Arg<T, const MIN: bool>(T);

impl<T: op::Num, const MIN: bool> Pick for Arg<T, MIN> {
    fn reducer(isa: Isa) -> Reducer {
        Reducer {
            part_size: size_of::<T::Key>(),
            row_bytes: arg::row_bytes::<T>(),
            row_init: arg::row_init::<T, MIN>,
            row_feed: row_feed::<Self>(isa),
            row_part: arg::row_part::<T>,
            rows: rows::<Self>(isa),
            lane_bytes: arg::lane_bytes::<T>,
            lane_init: arg::lane_init::<T, MIN>,
            lane_feed: lane_feed::<Self>(isa),
            lane_part: lane_part::<Self>(isa),
            combine: arg::combine::<T>,
        }
    }

    #[inline(always)]
    unsafe fn row_feed(state: *mut u8, src: *const u8, n: usize, first: usize) {
        // SAFETY: the caller's.
        unsafe { arg::row_feed::<T, MIN>(state, src, n, first) }
    }

    #[inline(always)]
    unsafe fn rows(src: *const u8, n: usize, rows: usize, out: *mut u8) {
        // SAFETY: the caller's.
        unsafe { arg::rows::<T, MIN>(src, n, rows, out) }
    }

    #[inline(always)]
    unsafe fn lane_feed(state: *mut u8, src: *const u8, stride: usize, rows: usize, lanes: [usize; 2], first: usize) {
        // SAFETY: the caller's.
        unsafe { arg::lane_feed::<T, MIN>(state, src, stride, rows, lanes, first) }
    }

    #[inline(always)]
    unsafe fn lane_part(state: *mut u8, lanes: [usize; 2], part: *mut u8, index: *mut i64) {
        // SAFETY: the caller's.
        unsafe { arg::lane_part::<T>(state, lanes, part, index) }
    }
}

/// The reduction `op` of lanes of this type. Booleans are bytes of 0 or 1.
pub(super) fn reducer(op: ReduceOp, lanes: Compute, isa: Isa) -> Reducer {
    match lanes {
        Compute::F32 => of::<f32>(op, isa),
        Compute::F64 => of::<f64>(op, isa),
        Compute::I32 => of::<i32>(op, isa),
        Compute::I64 => of::<i64>(op, isa),
        Compute::U8 => of::<u8>(op, isa),
    }
}

fn of<T: op::Num>(op: ReduceOp, isa: Isa) -> Reducer {
    match op {
        ReduceOp::Sum => Tree::<op::Sum<T>>::reducer(isa),
        ReduceOp::Prod | ReduceOp::All => Tree::<op::Prod<T>>::reducer(isa),
        ReduceOp::Max | ReduceOp::Any => Tree::<op::Max<T>>::reducer(isa),
        ReduceOp::Min => Tree::<op::Min<T>>::reducer(isa),
        ReduceOp::ArgMax => Arg::<T, false>::reducer(isa),
        ReduceOp::ArgMin => Arg::<T, true>::reducer(isa),
    }
}
