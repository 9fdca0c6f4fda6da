//! A single row times a matrix, the product of one sample with its weights: memory's speed is all
//! that counts, so nothing that can be read in place is packed.
//!
//! Here an element is a sum over as many lanes as a register has: element p of k goes to lane
//! `p % WIDTH`, in order, and lanes are added as a tree. That is natural whether `b` is contiguous
//! along k (a lane is one of a register) or across it (a lane is a register).

use super::lanes::Lanes;
use std::ops::Add;

/// `c[j] = sum over p < k of a[p] * b[j * stride + p]` for [`Along`], `b[p * stride + j]` for
/// [`Across`], `j < cols`: `(k, a, b, stride, cols, c)`. For [`Across`], `cols` is a multiple of the
/// register's width.
///
/// # Safety
/// As for `Tile`.
pub(super) type Along<T> = unsafe fn(usize, *const T, *const T, isize, usize, *mut T);
pub(super) type Across<T> = Along<T>;

/// Columns taken at once.
const TOGETHER: usize = 8;
/// The widest register.
const MAX_WIDTH: usize = 16;

/// See [`Along`].
#[inline(always)]
pub(super) unsafe fn along<L: Lanes>(k: usize, a: *const L::T, b: *const L::T, stride: isize, cols: usize, c: *mut L::T)
where
    L::T: Default + Add<Output = L::T>,
{
    let whole = cols - cols % TOGETHER;
    // SAFETY: passed on.
    unsafe {
        for j in (0..whole).step_by(TOGETHER) {
            columns::<L, TOGETHER>(k, a, b.offset(j as isize * stride), stride, c.add(j));
        }
        for j in whole..cols {
            columns::<L, 1>(k, a, b.offset(j as isize * stride), stride, c.add(j));
        }
    }
}

#[inline(always)]
unsafe fn columns<L: Lanes, const R: usize>(k: usize, a: *const L::T, b: *const L::T, stride: isize, c: *mut L::T)
where
    L::T: Default + Add<Output = L::T>,
{
    // SAFETY: the caller vouches for the pointers; the rest of k is copied between zeros.
    unsafe {
        let mut sums = [L::zero(); R];
        let whole = k - k % L::WIDTH;
        for p in (0..whole).step_by(L::WIDTH) {
            let x = L::load(a.add(p));
            for (j, sum) in sums.iter_mut().enumerate() {
                *sum = L::mul_add(x, L::load(b.offset(j as isize * stride).add(p)), *sum);
            }
        }
        let rest = |from: *const L::T| {
            let mut x = [L::T::default(); MAX_WIDTH];
            std::ptr::copy_nonoverlapping(from.add(whole), x.as_mut_ptr(), k - whole);
            L::load(x.as_ptr())
        };
        if whole < k {
            let x = rest(a);
            for (j, sum) in sums.iter_mut().enumerate() {
                *sum = L::mul_add(x, rest(b.offset(j as isize * stride)), *sum);
            }
        }
        for (j, sum) in sums.into_iter().enumerate() {
            let mut lanes = [L::T::default(); MAX_WIDTH];
            L::store(lanes.as_mut_ptr(), sum);
            let mut half = L::WIDTH / 2;
            while half > 0 {
                for l in 0..half {
                    lanes[l] = lanes[l] + lanes[l + half];
                }
                half /= 2;
            }
            *c.add(j) = lanes[0];
        }
    }
}

/// See [`Across`].
#[inline(always)]
pub(super) unsafe fn across<L: Lanes>(
    k: usize,
    a: *const L::T,
    b: *const L::T,
    stride: isize,
    cols: usize,
    c: *mut L::T,
) {
    let mut j = 0;
    // SAFETY: passed on.
    unsafe {
        while j < cols {
            let (b, c) = (b.add(j), c.add(j));
            j += match (cols - j) / L::WIDTH {
                8.. => registers::<L, 8>(k, a, b, stride, c),
                2.. => registers::<L, 2>(k, a, b, stride, c),
                _ => registers::<L, 1>(k, a, b, stride, c),
            }
        }
    }
}

/// `V` registers of columns; gives how many columns these are.
#[inline(always)]
unsafe fn registers<L: Lanes, const V: usize>(
    k: usize,
    a: *const L::T,
    b: *const L::T,
    stride: isize,
    c: *mut L::T,
) -> usize {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        // In L1, not in registers, so that rows of `b` are read in their order.
        let mut lanes = [[L::zero(); V]; MAX_WIDTH];
        for p in 0..k {
            let (x, row) = (L::splat(a.add(p)), b.offset(p as isize * stride));
            for (v, sum) in lanes[p % L::WIDTH].iter_mut().enumerate() {
                *sum = L::mul_add(x, L::load(row.add(v * L::WIDTH)), *sum);
            }
        }
        // What `along` adds where k ends within a register.
        for p in k..k.next_multiple_of(L::WIDTH) {
            for sum in &mut lanes[p % L::WIDTH] {
                *sum = L::mul_add(L::zero(), L::zero(), *sum);
            }
        }
        let mut half = L::WIDTH / 2;
        while half > 0 {
            let (low, high) = lanes.split_at_mut(half);
            for (a, b) in low.as_flattened_mut().iter_mut().zip(high.as_flattened()) {
                *a = L::add(*a, *b);
            }
            half /= 2;
        }
        for (v, sum) in lanes[0].into_iter().enumerate() {
            L::store(c.add(v * L::WIDTH), sum);
        }
    }
    V * L::WIDTH
}
