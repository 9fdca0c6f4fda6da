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
            return match (width, step) {
                (32, 32) => rows::<S::Sum, 32>(from.cast(), along, k, to),
                (16, 16) => rows::<S::Sum, 16>(from.cast(), along, k, to),
                (8, 8) => rows::<S::Sum, 8>(from.cast(), along, k, to),
                _ => {
                    for p in 0..k {
                        let row = from.offset(p as isize * along).cast();
                        std::ptr::copy_nonoverlapping(row, to.add(p * step), width);
                    }
                }
            };
        }
        for p in 0..k {
            let row = from.offset(p as isize * along);
            for i in 0..width {
                *to.add(p * step + i) = (*row.offset(i as isize * lane)).widen();
            }
        }
    }
}

/// Copies k rows of `W` elements to consecutive places.
///
/// # Safety
/// As for [`strip`].
unsafe fn rows<T: Copy, const W: usize>(from: *const T, along: isize, k: usize, to: *mut T) {
    for p in 0..k {
        // SAFETY: the caller vouches for both pointers.
        unsafe { to.add(p * W).cast::<[T; W]>().write(from.offset(p as isize * along).cast::<[T; W]>().read()) };
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
