//! Loops over rows of numbers, compiled once for each instruction set.

use super::micro::Real;

/// Elements that move at once.
pub(in super::super) const RUN: usize = 8;

/// `to[y, x] (+)= from[y, x * step]` over `h` rows of `w`: `([h, w], from, pitch, to, pitch)`.
///
/// # Safety
/// The CPU has the instruction set of the `Micro` that this stands in; the pointers reach the
/// elements named above; `to` is exclusive.
pub(in super::super) type Rows<T> = unsafe fn([usize; 2], *const T, usize, *mut T, usize);

/// `to[p, starts[r].1 + x] = from[at[p] + starts[r].0 + x]` for `x < RUN`: `(from, at, starts, to, pitch)`.
///
/// # Safety
/// As for [`Rows`].
pub(in super::super) type Runs<T> = unsafe fn(*const T, &[isize], &[(usize, usize)], *mut T, usize);

/// `sums[i] += sum over x < len of a[offsets[i] + x] * b[x]`, in lanes: `(len, a, offsets, b, sums)`.
///
/// # Safety
/// As for [`Rows`].
pub(in super::super) type Dots<T> = unsafe fn(usize, *const T, &[isize], *const T, *mut T);

#[inline(always)]
unsafe fn step<T: Real, const N: usize, const ADD: bool>(from: *const T, to: *mut T) {
    // SAFETY: as for the caller.
    unsafe {
        let mut x = from.cast::<[T; N]>().read();
        if ADD {
            let y = to.cast::<[T; N]>().read();
            for (x, y) in x.iter_mut().zip(y) {
                *x = y + *x;
            }
        }
        to.cast::<[T; N]>().write(x);
    }
}

/// See [`Rows`], with a step of 1.
#[inline(always)]
pub(super) unsafe fn rows<T: Real, const ADD: bool>(
    [h, w]: [usize; 2],
    from: *const T,
    from_pitch: usize,
    to: *mut T,
    to_pitch: usize,
) {
    macro_rules! by_width {
        ($($w:literal)*) => {
            match w {
                $($w => {
                    for y in 0..h {
                        // SAFETY: the caller vouches for both.
                        unsafe { step::<T, $w, ADD>(from.add(y * from_pitch), to.add(y * to_pitch)) };
                    }
                    return;
                })*
                _ => {}
            }
        };
    }
    // Widths of images that are met often.
    by_width!(4 8 12 16 24 28 32);
    for y in 0..h {
        // SAFETY: the caller vouches for both.
        unsafe {
            let (from, to) = (from.add(y * from_pitch), to.add(y * to_pitch));
            let mut x = 0;
            while x + 2 * RUN <= w {
                step::<T, { 2 * RUN }, ADD>(from.add(x), to.add(x));
                x += 2 * RUN;
            }
            if x + RUN <= w {
                step::<T, RUN, ADD>(from.add(x), to.add(x));
                x += RUN;
            }
            if x + 4 <= w {
                step::<T, 4, ADD>(from.add(x), to.add(x));
                x += 4;
            }
            while x < w {
                step::<T, 1, ADD>(from.add(x), to.add(x));
                x += 1;
            }
        }
    }
}

/// See [`Rows`], with a step of 2.
#[inline(always)]
pub(super) unsafe fn every_second<T: Real>(
    [h, w]: [usize; 2],
    from: *const T,
    from_pitch: usize,
    to: *mut T,
    to_pitch: usize,
) {
    for y in 0..h {
        // SAFETY: the caller vouches for both; of the last element's pair only the first is read.
        unsafe {
            let (from, to) = (from.add(y * from_pitch), to.add(y * to_pitch));
            let mut x = 0;
            while x + RUN < w {
                let pairs = from.add(2 * x).cast::<[[T; 2]; RUN]>().read();
                to.add(x).cast::<[T; RUN]>().write(pairs.map(|pair| pair[0]));
                x += RUN;
            }
            while x < w {
                *to.add(x) = *from.add(2 * x);
                x += 1;
            }
        }
    }
}

/// See [`Runs`].
#[inline(always)]
pub(super) unsafe fn runs<T: Real>(from: *const T, at: &[isize], starts: &[(usize, usize)], to: *mut T, pitch: usize) {
    for (p, &at) in at.iter().enumerate() {
        for &(start, end) in starts {
            // SAFETY: the caller vouches for both.
            unsafe { step::<T, RUN, false>(from.offset(at).add(start), to.add(p * pitch + end)) };
        }
    }
}
