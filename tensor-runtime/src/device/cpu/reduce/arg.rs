//! Where a row has its extreme: the first one, and a NaN is one.

use super::op::Num;
use super::tree::LANES;

/// The largest key so far, and where it was first seen.
#[repr(C)]
pub(super) struct RowState<K> {
    key: [K; LANES],
    index: [i64; LANES],
}

pub(super) fn row_bytes<T: Num>() -> usize {
    size_of::<RowState<T::Key>>()
}

fn lowest<T: Num, const MIN: bool>() -> T::Key {
    if MIN { T::HIGH.key(true, true) } else { T::LOW.key(false, true) }
}

/// # Safety
/// `state` has room for a `RowState`.
pub(super) unsafe fn row_init<T: Num, const MIN: bool>(state: *mut u8, first: usize) {
    let index = std::array::from_fn(|l| (first + l) as i64);
    // SAFETY: as above.
    unsafe { *state.cast::<RowState<T::Key>>() = RowState { key: [lowest::<T, MIN>(); LANES], index } };
}

/// Takes the next `n` elements of a row, numbered from `first` on.
///
/// # Safety
/// `state` was initialised, `src` holds `n` elements.
#[inline(always)]
pub(super) unsafe fn row_feed<T: Num, const MIN: bool>(state: *mut u8, src: *const u8, n: usize, first: usize) {
    // SAFETY: `i + l` is below `n`.
    unsafe {
        let state = &mut *state.cast::<RowState<T::Key>>();
        let src = src.cast::<T>();
        let whole = n / LANES * LANES;
        let (mut key, mut index) = (state.key, state.index);
        let mut i = 0;
        while i < whole {
            let x = src.add(i).cast::<[T; LANES]>().read_unaligned();
            for l in 0..LANES {
                let k = x[l].key(MIN, true);
                let better = k > key[l];
                key[l] = if better { k } else { key[l] };
                index[l] = if better { (first + i + l) as i64 } else { index[l] };
            }
            i += LANES;
        }
        for l in 0..n - whole {
            let k = (*src.add(whole + l)).key(MIN, true);
            if k > key[l] {
                (key[l], index[l]) = (k, (first + whole + l) as i64);
            }
        }
        (state.key, state.index) = (key, index);
    }
}

fn first_of<K: Ord + Copy>(pairs: impl Iterator<Item = (K, i64)>) -> Option<(K, i64)> {
    pairs.reduce(|a, b| if b.0 > a.0 || (b.0 == a.0 && b.1 < a.1) { b } else { a })
}

/// # Safety
/// `src` holds `rows` rows of `n` elements, `out` has room for `rows` indices.
#[inline(always)]
pub(super) unsafe fn rows<T: Num, const MIN: bool>(src: *const u8, n: usize, rows: usize, out: *mut u8) {
    let mut state = RowState { key: [lowest::<T, MIN>(); LANES], index: [0; LANES] };
    for j in 0..rows {
        // SAFETY: row `j` begins at `j * n`.
        unsafe {
            row_init::<T, MIN>((&raw mut state).cast(), 0);
            row_feed::<T, MIN>((&raw mut state).cast(), src.cast::<T>().add(j * n).cast(), n, 0);
            *out.cast::<i64>().add(j) = best(&state).1;
        }
    }
}

fn best<K: Ord + Copy>(state: &RowState<K>) -> (K, i64) {
    let pairs = state.key.iter().copied().zip(state.index.iter().copied());
    first_of(pairs).unwrap_or((state.key[0], 0))
}

/// # Safety
/// `state` was initialised, `part` and `index` have room for one.
pub(super) unsafe fn row_part<T: Num>(state: *const u8, _lanes: usize, part: *mut u8, index: *mut i64) {
    // SAFETY: as above.
    unsafe { (*part.cast::<T::Key>(), *index) = best(&*state.cast::<RowState<T::Key>>()) };
}

/// Lanes under way: `pitch` indices, then `pitch` keys.
pub(super) fn lane_bytes<T: Num>(pitch: usize) -> usize {
    pitch * (size_of::<i64>() + size_of::<T::Key>())
}

/// # Safety
/// `state` has room for `lane_bytes`.
pub(super) unsafe fn lane_init<T: Num, const MIN: bool>(state: *mut u8, pitch: usize, first: usize) {
    // SAFETY: as above.
    unsafe {
        let index = state.cast::<i64>();
        let key = index.add(pitch).cast::<T::Key>();
        for l in 0..pitch {
            *index.add(l) = first as i64;
            *key.add(l) = lowest::<T, MIN>();
        }
    }
}

/// Takes the next `count` rows of `lanes` lanes, `stride` elements apart.
///
/// # Safety
/// `state` was initialised for `pitch` lanes, `src` holds the rows.
#[inline(always)]
pub(super) unsafe fn lane_feed<T: Num, const MIN: bool>(
    state: *mut u8,
    src: *const u8,
    stride: usize,
    count: usize,
    [lanes, pitch]: [usize; 2],
    first: usize,
) {
    // SAFETY: as above.
    unsafe {
        let index = state.cast::<i64>();
        let key = index.add(pitch).cast::<T::Key>();
        for j in 0..count {
            let src = src.cast::<T>().add(j * stride);
            for l in 0..lanes {
                let k = (*src.add(l)).key(MIN, true);
                let better = k > *key.add(l);
                *key.add(l) = if better { k } else { *key.add(l) };
                *index.add(l) = if better { (first + j) as i64 } else { *index.add(l) };
            }
        }
    }
}

/// # Safety
/// `state` was initialised for `pitch` lanes, `part` and `out` have room for `lanes`.
pub(super) unsafe fn lane_part<T: Num>(state: *mut u8, [lanes, pitch]: [usize; 2], part: *mut u8, out: *mut i64) {
    // SAFETY: as above.
    unsafe {
        let index = state.cast::<i64>();
        std::ptr::copy_nonoverlapping(index, out, lanes);
        std::ptr::copy_nonoverlapping(index.add(pitch).cast::<T::Key>(), part.cast(), lanes);
    }
}

/// # Safety
/// `parts` and `index` hold `count` times `lanes` elements, `pitch` apart; `out` has room for `lanes`.
pub(super) unsafe fn combine<T: Num>(
    parts: *const u8,
    index: *const i64,
    [count, pitch]: [usize; 2],
    _ragged: bool,
    lanes: usize,
    out: *mut u8,
) {
    for l in 0..lanes {
        // SAFETY: as above.
        unsafe {
            let pairs = (0..count).map(|i| (*parts.cast::<T::Key>().add(i * pitch + l), *index.add(i * pitch + l)));
            *out.cast::<i64>().add(l) = first_of(pairs).map_or(0, |best| best.1);
        }
    }
}
