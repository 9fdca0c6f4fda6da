//! Operands laid out for tiles: strips of a few rows of `a` (or columns of `b`), k after k.

use super::micro::{Micro, Real};
use half::{bf16, f16};

/// A type that elements are kept in, and the one that they are summed in.
pub(in super::super) trait Stored: Copy + 'static {
    type Sum: Real;
    /// Whether both are one type.
    const SAME: bool;
    fn widen(self) -> Self::Sum;
    fn narrow(sum: Self::Sum) -> Self;
}

macro_rules! stored {
    ($($t:ty, $sum:ty, $same:literal, $widen:expr, $narrow:expr;)*) => { $(
        impl Stored for $t {
            type Sum = $sum;
            const SAME: bool = $same;
            #[inline(always)]
            fn widen(self) -> $sum { let f: fn($t) -> $sum = $widen; f(self) }
            #[inline(always)]
            fn narrow(sum: $sum) -> Self { let f: fn($sum) -> $t = $narrow; f(sum) }
        }
    )* };
}

stored! {
    f32, f32, true, |x| x, |x| x;
    f64, f64, true, |x| x, |x| x;
    f16, f32, false, f16::to_f32, f16::from_f32;
    bf16, f32, false, bf16::to_f32, bf16::from_f32;
}

/// `to[p * step + i] = from[i * lane + p * along]` for `i < width`, `p < k`. Elements of `to` with
/// `width <= i < step` get anything.
///
/// # Safety
/// The CPU has `micro`'s instruction set. `from` reaches all elements named above, `to` reaches
/// `k * step` initialised ones and is exclusive; `step` is a multiple of 4, and of 8 if
/// `micro.width` is.
pub(in super::super) unsafe fn strip<S: Stored>(
    micro: &Micro<S::Sum>,
    from: *const S,
    lane: isize,
    along: isize,
    width: usize,
    k: usize,
    to: *mut S::Sum,
    step: usize,
) {
    // SAFETY: the caller vouches for both pointers; `S` is `S::Sum` where the casts are made.
    unsafe {
        if S::SAME && along == 1 && width > 1 {
            return (micro.transpose)(from.cast(), lane, width, k, to, step);
        }
        if S::SAME && lane == 1 {
            return (micro.copy_strip)(from.cast(), along, width, k, to, step);
        }
        for p in 0..k {
            let row = from.offset(p as isize * along);
            for i in 0..width {
                *to.add(p * step + i) = (*row.offset(i as isize * lane)).widen();
            }
        }
    }
}

/// Packs `len` lanes in strips of `each`, one after the other: strip t to `to + t * k * step`, as by
/// [`strip`], where the last one has `last` for its `step`.
///
/// # Safety
/// As for [`strip`].
pub(in super::super) unsafe fn strips<S: Stored>(
    micro: &Micro<S::Sum>,
    from: *const S,
    lane: isize,
    along: isize,
    [len, each]: [usize; 2],
    k: usize,
    to: *mut S::Sum,
    [step, last]: [usize; 2],
) {
    let count = len.div_ceil(each);
    // Strips after which as many lanes follow as are copied at once.
    let mut done = if len < step { 0 } else { ((len - step) / each + 1).min(count) };
    // SAFETY: the caller vouches for both pointers; `S` is `S::Sum` where the cast is made.
    unsafe {
        if S::SAME && lane == 1 && done > 1 {
            (micro.spread)(from.cast(), along, each, done, k, to, step);
        } else {
            done = 0;
        }
        for t in done..count {
            let (from, to) = (from.offset((t * each) as isize * lane), to.add(t * k * step));
            strip(micro, from, lane, along, each.min(len - t * each), k, to, if t + 1 < count { step } else { last });
        }
    }
}

/// Packs `count` strips of contiguous lanes, a few at a time so that memory is read in long runs;
/// copies `step` lanes whatever `each` is.
///
/// # Safety
/// As for [`strip`], with `step` lanes for each strip.
#[inline(always)]
pub(super) unsafe fn spread<T: Copy>(
    from: *const T,
    along: isize,
    each: usize,
    count: usize,
    k: usize,
    to: *mut T,
    step: usize,
) {
    macro_rules! by_step {
        ($($w:literal)*) => {
            match step {
                // SAFETY: the caller vouches for both pointers.
                $($w => unsafe { spread_by::<T, $w>(from, along, each, count, k, to) },)*
                _ => {
                    for t in 0..count {
                        // SAFETY: as above.
                        unsafe { copy(from.add(t * each), along, step, k, to.add(t * k * step), step) };
                    }
                }
            }
        };
    }
    by_step!(4 8 16 32)
}

/// # Safety
/// As for [`spread`].
#[inline(always)]
unsafe fn spread_by<T: Copy, const W: usize>(
    from: *const T,
    along: isize,
    each: usize,
    count: usize,
    k: usize,
    to: *mut T,
) {
    const TOGETHER: usize = 8;
    for first in (0..count).step_by(TOGETHER) {
        for p in 0..k {
            for t in first..count.min(first + TOGETHER) {
                // SAFETY: the caller vouches for both pointers.
                unsafe {
                    let lanes = from.offset(p as isize * along).add(t * each).cast::<[T; W]>().read();
                    to.add((t * k + p) * W).cast::<[T; W]>().write(lanes);
                }
            }
        }
    }
}

/// [`strip`] for `lane == 1`.
///
/// # Safety
/// As for [`strip`].
#[inline(always)]
pub(super) unsafe fn copy<T: Copy>(from: *const T, along: isize, width: usize, k: usize, to: *mut T, step: usize) {
    macro_rules! by_width {
        ($($w:literal)*) => {
            match width {
                // SAFETY: the caller vouches for both pointers.
                $($w => unsafe { rows::<T, $w>(from, along, k, to, step) },)*
                _ => {
                    for p in 0..k {
                        // SAFETY: as above.
                        unsafe {
                            let row = from.offset(p as isize * along);
                            std::ptr::copy_nonoverlapping(row, to.add(p * step), width);
                        }
                    }
                }
            }
        };
    }
    by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 16 32)
}

/// Copies k rows of `W` elements.
///
/// # Safety
/// As for [`strip`].
#[inline(always)]
unsafe fn rows<T: Copy, const W: usize>(from: *const T, along: isize, k: usize, to: *mut T, step: usize) {
    for p in 0..k {
        // SAFETY: the caller vouches for both pointers.
        unsafe { to.add(p * step).cast::<[T; W]>().write(from.offset(p as isize * along).cast::<[T; W]>().read()) };
    }
}

/// [`strip`] for `along == 1`, on any CPU.
///
/// # Safety
/// As for [`strip`].
pub(super) unsafe fn transpose<T: Copy>(from: *const T, lane: isize, width: usize, k: usize, to: *mut T, step: usize) {
    const BLOCK: usize = 16;
    for start in (0..k).step_by(BLOCK) {
        for i in 0..width {
            for p in start..k.min(start + BLOCK) {
                // SAFETY: the caller vouches for both pointers.
                unsafe { *to.add(p * step + i) = *from.offset(i as isize * lane + p as isize) };
            }
        }
    }
}

/// [`strip`] for `along == 1` on a CPU with AVX2, by blocks of 8 x 8.
///
/// # Safety
/// As for [`strip`]; `step` is a multiple of 8.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn transpose_avx2(from: *const f32, lane: isize, width: usize, k: usize, to: *mut f32, step: usize) {
    use std::arch::x86_64::*;
    let whole = k - k % 8;
    // SAFETY: rows past `width` read the last row, and land in lanes that may hold anything; the
    // caller vouches for the rest.
    unsafe {
        for start in (0..width).step_by(8) {
            let row: [*const f32; 8] = std::array::from_fn(|i| from.offset((start + i).min(width - 1) as isize * lane));
            for p in (0..whole).step_by(8) {
                let x: [__m256; 8] = std::array::from_fn(|i| {
                    // Rows i and i + 4 in one register: their low halves in 0..4, their high halves in 4..8.
                    let (r, c) = (i % 4, i / 4 * 4);
                    let low = _mm256_castps128_ps256(_mm_loadu_ps(row[r].add(p + c)));
                    _mm256_insertf128_ps::<1>(low, _mm_loadu_ps(row[r + 4].add(p + c)))
                });
                for half in 0..2 {
                    let x = &x[half * 4..half * 4 + 4];
                    let (a, b) = (_mm256_unpacklo_ps(x[0], x[1]), _mm256_unpackhi_ps(x[0], x[1]));
                    let (c, d) = (_mm256_unpacklo_ps(x[2], x[3]), _mm256_unpackhi_ps(x[2], x[3]));
                    let to = to.add((p + half * 4) * step + start);
                    _mm256_storeu_ps(to, _mm256_shuffle_ps::<0x44>(a, c));
                    _mm256_storeu_ps(to.add(step), _mm256_shuffle_ps::<0xEE>(a, c));
                    _mm256_storeu_ps(to.add(2 * step), _mm256_shuffle_ps::<0x44>(b, d));
                    _mm256_storeu_ps(to.add(3 * step), _mm256_shuffle_ps::<0xEE>(b, d));
                }
            }
        }
        if whole < k {
            transpose(from.add(whole), lane, width, k - whole, to.add(whole * step), step);
        }
    }
}
