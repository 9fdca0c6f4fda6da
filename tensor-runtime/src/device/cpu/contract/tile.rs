//! The loops of the tiles, for any register: accumulators, one step of k after the other, a store.

use super::lanes::Lanes;

/// Writes sums to `c`, or adds them to it.
#[inline(always)]
unsafe fn store<L: Lanes, const R: usize, const V: usize>(sums: [[L::V; V]; R], c: *mut L::T, ldc: usize, add: bool) {
    for (i, row) in sums.into_iter().enumerate() {
        for (j, sum) in row.into_iter().enumerate() {
            // SAFETY: the caller of the tile vouches for `c` and the instruction set.
            unsafe {
                let to = c.add(i * ldc + j * L::WIDTH);
                L::store(to, if add { L::add(L::load(to), sum) } else { sum });
            }
        }
    }
}

/// See `Tile`; `row(p)` is row p of `b`.
///
/// # Safety
/// As for `Tile`.
#[inline(always)]
pub(super) unsafe fn product<L: Lanes, const R: usize, const V: usize>(
    k: usize,
    mut a: *const L::T,
    a_step: isize,
    row: impl Fn(usize) -> *const L::T,
    c: *mut L::T,
    ldc: usize,
    add: bool,
) {
    // SAFETY: the caller of the tile vouches for all of it; the step past the last k is wrapping,
    // so it is never out-of-bounds arithmetic.
    unsafe {
        let mut sums = [[L::zero(); V]; R];
        for p in 0..k {
            let b = row(p);
            let mut row = [L::zero(); V];
            for (j, v) in row.iter_mut().enumerate() {
                *v = L::load(b.add(j * L::WIDTH));
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = L::splat(a.add(i));
                for (sum, v) in sums.iter_mut().zip(row) {
                    *sum = L::mul_add(x, v, *sum);
                }
            }
            a = a.wrapping_offset(a_step);
        }
        store::<L, R, V>(sums, c, ldc, add);
    }
}

/// `U` steps of [`slide`]: an offset is read once for all of them.
#[inline(always)]
unsafe fn slide_steps<L: Lanes, const R: usize, const V: usize, const U: usize>(
    sums: &mut [[L::V; V]; R],
    a: *const L::T,
    offsets: *const isize,
    b: *const L::T,
    b_step: usize,
) {
    // SAFETY: the caller of the tile vouches for it.
    unsafe {
        let mut rows = [[L::zero(); V]; U];
        for (u, row) in rows.iter_mut().enumerate() {
            for (j, v) in row.iter_mut().enumerate() {
                *v = L::load(b.add(u * b_step + j * L::WIDTH));
            }
        }
        for (i, sums) in sums.iter_mut().enumerate() {
            let a = a.offset(*offsets.add(i));
            for (u, row) in rows.iter().enumerate() {
                let x = L::splat(a.add(u));
                for (sum, v) in sums.iter_mut().zip(row) {
                    *sum = L::mul_add(x, *v, *sum);
                }
            }
        }
    }
}

/// See `SlideTile`.
///
/// # Safety
/// As for `SlideTile`.
#[inline(always)]
pub(super) unsafe fn slide<L: Lanes, const R: usize, const V: usize, const U: usize>(
    [h, w]: [usize; 2],
    a: *const L::T,
    pitch: usize,
    offsets: *const isize,
    b: *const L::T,
    b_step: usize,
    c: *mut L::T,
    ldc: usize,
    add: bool,
) {
    // SAFETY: the caller of the tile vouches for all of it.
    unsafe {
        let mut sums = [[L::zero(); V]; R];
        let whole = w - w % U;
        for y in 0..h {
            let (a, b) = (a.add(y * pitch), b.add(y * w * b_step));
            for x in (0..whole).step_by(U) {
                slide_steps::<L, R, V, U>(&mut sums, a.add(x), offsets, b.add(x * b_step), b_step);
            }
            for x in whole..w {
                slide_steps::<L, R, V, 1>(&mut sums, a.add(x), offsets, b.add(x * b_step), b_step);
            }
        }
        store::<L, R, V>(sums, c, ldc, add);
    }
}

/// See `Dots`: up to `R` sums at a time.
///
/// # Safety
/// As for `Dots`.
#[inline(always)]
pub(super) unsafe fn dots<L: Lanes, const R: usize>(
    len: usize,
    a: *const L::T,
    offsets: &[isize],
    b: *const L::T,
    sums: *mut L::T,
) where
    L::T: std::ops::Add<Output = L::T> + Default,
{
    for (tile, offsets) in offsets.chunks(R).enumerate() {
        // SAFETY: the caller vouches for it; a tile that is not full repeats its last row.
        unsafe {
            let at: [isize; R] = std::array::from_fn(|i| offsets[i.min(offsets.len() - 1)]);
            let mut lanes = [L::zero(); R];
            for x in (0..len).step_by(L::WIDTH) {
                let v = L::load(b.add(x));
                for (sum, at) in lanes.iter_mut().zip(at) {
                    *sum = L::mul_add(L::load(a.offset(at).add(x)), v, *sum);
                }
            }
            let mut spilled = [L::T::default(); 16];
            for (i, v) in lanes.into_iter().enumerate().take(offsets.len()) {
                L::store(spilled.as_mut_ptr(), v);
                let mut half = L::WIDTH / 2;
                while half > 0 {
                    for l in 0..half {
                        spilled[l] = spilled[l] + spilled[l + half];
                    }
                    half /= 2;
                }
                let to = sums.add(tile * R + i);
                *to = *to + spilled[0];
            }
        }
    }
}
