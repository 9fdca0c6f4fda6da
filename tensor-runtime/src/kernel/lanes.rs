//! A value of every thread of a block, and the orders in which warps and blocks combine them.

use super::Thread;
use super::block::WARP;
use formwork_ir::scalar::{Lane, Number};

/// A value of each of the `B` threads of a block: what a variable is that lives from one piece of a body to the next.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Lanes<T, const B: usize>(pub(super) [T; B]);

impl<T: Lane, const B: usize> Default for Lanes<T, B> {
    fn default() -> Self {
        Lanes::new()
    }
}

impl<T: Lane, const B: usize> Lanes<T, B> {
    /// Zeros.
    #[inline(always)]
    pub fn new() -> Self {
        // SAFETY: zero is a value of every lane.
        Lanes(unsafe { std::mem::zeroed() })
    }

    /// The value of a thread.
    #[inline(always)]
    pub fn get(&self, t: Thread) -> T {
        self.0[t.number()]
    }

    /// Sets the value of a thread.
    #[inline(always)]
    pub fn set(&mut self, t: Thread, v: T) {
        self.0[t.number()] = v;
    }

    /// The lanes of the warp that starts at lane `start`.
    #[inline(always)]
    pub(super) fn warp(&self, start: usize) -> &[T] {
        &self.0[start..Ord::min(start + WARP, B)]
    }

    #[inline(always)]
    pub(super) fn warp_mut(&mut self, start: usize) -> &mut [T] {
        &mut self.0[start..Ord::min(start + WARP, B)]
    }

    /// Each lane gets the value of the lane `from` names; its own if that is not there.
    #[inline(always)]
    pub(super) fn shuffled(&mut self, start: usize, from: impl Fn(usize) -> usize) {
        let before = *self;
        let n = before.warp(start).len();
        for i in 0..n {
            let source = from(i);
            self.0[start + i] = before.0[start + if source < n { source } else { i }];
        }
    }
}

impl<T: Number, const B: usize> Lanes<T, B> {
    /// The value of a warp by a tree: lane i with lane i + 16, then + 8, 4, 2, 1; lanes that are not there are skipped.
    /// Every lane gets what lane 0 has.
    #[inline(always)]
    pub(super) fn warp_reduce(&mut self, start: usize, op: impl Fn(T, T) -> T) {
        let warp = self.warp_mut(start);
        let mut v = [T::default(); WARP];
        v[..warp.len()].copy_from_slice(warp);
        let result = tree(v, warp.len(), op);
        warp.fill(result);
    }

    /// Inclusive, by Hillis and Steele: each lane adds the lane 1 below, then 2, 4, 8, 16.
    #[inline(always)]
    pub(super) fn warp_scan(&mut self, start: usize) {
        scan(self.warp_mut(start));
    }

    /// The warps' results by one warp's tree, in which lanes without a warp are skipped.
    #[inline(always)]
    pub(super) fn block_reduce(&mut self, op: impl Fn(T, T) -> T + Copy) {
        let mut results = [T::default(); WARP];
        for (result, start) in results.iter_mut().zip((0..B).step_by(WARP)) {
            self.warp_reduce(start, op);
            *result = self.0[start];
        }
        self.0 = [tree(results, B.div_ceil(WARP), op); B];
    }

    /// Scans of the warps, then the sum of the warps before is added: their totals, scanned by one warp.
    #[inline(always)]
    pub(super) fn block_scan(&mut self) {
        let mut totals = [T::default(); WARP];
        for (total, start) in totals.iter_mut().zip((0..B).step_by(WARP)) {
            self.warp_scan(start);
            *total = self.0[Ord::min(start + WARP, B) - 1];
        }
        scan(&mut totals);
        for (warp, start) in (0..B).step_by(WARP).enumerate().skip(1) {
            let before = totals[warp - 1];
            self.warp_mut(start).iter_mut().for_each(|v| *v = Number::add(before, *v));
        }
    }
}

/// Of the first `n` lanes.
#[inline(always)]
fn tree<T: Copy>(mut v: [T; WARP], n: usize, op: impl Fn(T, T) -> T) -> T {
    for d in [16, 8, 4, 2, 1] {
        for i in 0..d {
            if i + d < n {
                v[i] = op(v[i], v[i + d]);
            }
        }
    }
    v[0]
}

#[inline(always)]
fn scan<T: Number>(v: &mut [T]) {
    for d in [1, 2, 4, 8, 16] {
        for i in (d..v.len()).rev() {
            v[i] = Number::add(v[i - d], v[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count<const B: usize>() -> Lanes<i64, B> {
        Lanes(std::array::from_fn(|i| i as i64))
    }

    #[test]
    fn a_warp_that_is_not_whole_skips_what_is_missing() {
        let mut v = count::<52>();
        v.warp_reduce(0, Number::add);
        v.warp_reduce(32, Number::add);
        assert_eq!((v.0[0], v.0[31], v.0[32], v.0[51]), (496, 496, 830, 830));
        let mut v = count::<52>();
        v.shuffled(32, |i| i + 4);
        assert_eq!((v.0[32], v.0[47], v.0[48], v.0[51]), (36, 51, 48, 51));
    }

    #[test]
    fn blocks_are_reduced_and_scanned() {
        let mut v = count::<100>();
        v.block_reduce(Number::max);
        assert_eq!(v.0, [99; 100]);
        let mut v = count::<100>();
        v.block_scan();
        assert!(v.0.iter().enumerate().all(|(i, &v)| v == (i * (i + 1) / 2) as i64));
    }

    #[test]
    fn the_order_of_a_sum_is_a_tree() {
        // 1 and -1e8 are 16 lanes apart, 1 and 1e8 are 8: the small ones are lost in pairs.
        let mut v = Lanes::<f32, 32>::new();
        (v.0[0], v.0[8], v.0[16]) = (1.0, 1e8, -1e8);
        v.warp_reduce(0, Number::add);
        assert_eq!(v.0[0], 0.0);
    }
}
