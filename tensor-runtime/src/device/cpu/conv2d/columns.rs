//! Data mode where the outputs are much fewer than the pixels: the cotangent of `y` times the
//! weights gives, a channel at a time, what each tap adds, and rows of that are added to the image.

use super::super::contract::{
    Micro, Shared, Stored, blocks, multiply, pack_rows, packed_rows, part, scratch, strip, strip_step,
};
use super::super::pool;
use crate::device::{Conv2d, ErrorWord, Executable};
use std::ops::Range;

/// Multiplications worth a task of their own.
const TASK: usize = 1 << 18;

pub(super) struct Columns<S: Stored> {
    micro: &'static Micro<S::Sum>,
    kernel: Conv2d,
    tasks: usize,
}

impl<S: Stored> Columns<S> {
    /// Whether this way is the faster one: it multiplies no zeros, but adds each product twice.
    pub fn fit(k: &Conv2d) -> bool {
        let taps = k.o / k.groups.max(1) * k.kh * k.kw;
        let correlated = k.h * k.w * taps / (k.stride[0] * k.stride[1]);
        let added = k.oh * k.ow * (taps + 12 * k.kh * k.kw);
        // Rows are added whole, so pixels of an output row must lie side by side.
        k.stride[1] == 1 && k.padding == [0, 0] && 5 * correlated > 6 * added
    }

    pub fn new(kernel: &Conv2d, micro: &'static Micro<S::Sum>) -> Self {
        let work = kernel.n.saturating_mul(kernel.o * kernel.c * kernel.kh * kernel.kw * kernel.oh * kernel.ow);
        Columns { micro, kernel: kernel.clone(), tasks: (work / TASK).clamp(1, kernel.n.max(1)) }
    }

    /// Elements of the packed weights of a channel.
    fn weights_len(&self) -> usize {
        packed_rows(self.micro, self.kernel.kh * self.kernel.kw, self.kernel.o / self.kernel.groups)
    }

    /// Packs weights: for each channel a row for each tap, k over output channels.
    ///
    /// # Safety
    /// As for [`Executable::launch`]; `to` has room for all channels.
    unsafe fn pack(&self, w: *const S, to: *mut S::Sum) {
        let k = &self.kernel;
        let (o, taps, per_group) = (k.o / k.groups, k.kh * k.kw, k.c / k.groups);
        let (w, to) = (Shared::new(w.cast_mut()), Shared::new(to));
        let tiles = taps.div_ceil(self.micro.rows());
        pool::for_each(k.c, |c| {
            let along = per_group * taps;
            for block in blocks(o) {
                // SAFETY: the caller vouches for both; a channel belongs to one task.
                unsafe {
                    let first = c / per_group * o + block.start;
                    let from = w.get().add(first * along + c % per_group * taps);
                    let to = to.get().add(c * self.weights_len() + block.start * tiles * self.micro.step);
                    pack_rows(self.micro, from, 1, along as isize, taps, block.len(), to);
                }
            }
        });
    }

    /// # Safety
    /// `x` and `y` reach the images of a group, `weights` its packed weights; `x` is exclusive;
    /// `products` and `b_strip` have room for a channel and a strip.
    unsafe fn image(
        &self,
        x: *mut S::Sum,
        y: *const S,
        weights: *const S::Sum,
        strips: *mut S::Sum,
        products: *mut S::Sum,
    ) {
        let k = &self.kernel;
        let (o, taps, outputs, micro) = (k.o / k.groups, k.kh * k.kw, k.oh * k.ow, self.micro);
        let tiles = taps.div_ceil(micro.rows());
        let columns = |first: usize| micro.cols().min(outputs - first);
        // SAFETY: the caller vouches for all of it.
        unsafe {
            for block in blocks(o) {
                for first in (0..outputs).step_by(micro.cols()) {
                    let step = strip_step(micro, columns(first));
                    let from = y.add(block.start * outputs + first);
                    let to = strips.add(block.start * outputs.next_multiple_of(micro.width) + first * block.len());
                    strip(micro, from, 1, outputs as isize, columns(first), block.len(), to, step);
                }
            }
            for c in 0..k.c / k.groups {
                for block in blocks(o) {
                    let a = weights.add(c * self.weights_len() + block.start * tiles * micro.step);
                    for first in (0..outputs).step_by(micro.cols()) {
                        let cols = columns(first);
                        let b = strips.add(block.start * outputs.next_multiple_of(micro.width) + first * block.len());
                        let (to, step) = (products.add(first), strip_step(micro, cols) as isize);
                        multiply(micro, block.len(), a, taps, b, step, cols, to, outputs, block.start > 0);
                    }
                }
                for tap in 0..taps {
                    let (i, j) = (tap / k.kw * k.dilation[0], tap % k.kw * k.dilation[1]);
                    let to = x.add((c * k.h + i) * k.w + j);
                    (micro.add)([k.oh, k.ow], products.add(tap * outputs), k.ow, to, k.w * k.stride[0]);
                }
            }
        }
    }

    /// # Safety
    /// As for [`Executable::launch`], for some images.
    unsafe fn images(&self, images: Range<usize>, x: *mut S, y: *const S, weights: *const S::Sum) {
        let k = &self.kernel;
        let (area, outputs) = (k.c / k.groups * k.h * k.w, k.oh * k.ow);
        let o = k.o / k.groups;
        let strips = o * outputs.next_multiple_of(self.micro.width);
        let sums = if S::SAME { 0 } else { area };
        scratch::with(strips + k.kh * k.kw * outputs + sums, |memory: *mut S::Sum| {
            for i in images.start * k.groups..images.end * k.groups {
                let g = i % k.groups;
                // SAFETY: the caller vouches for the buffers; all bits 0 is the number 0.
                unsafe {
                    let products = memory.add(strips);
                    let to = x.add(i * area);
                    let sums = if S::SAME { to.cast() } else { products.add(k.kh * k.kw * outputs) };
                    sums.write_bytes(0, area);
                    let weights = weights.add(g * (k.c / k.groups) * self.weights_len());
                    self.image(sums, y.add(i * o * outputs), weights, memory, products);
                    if !S::SAME {
                        (0..area).for_each(|p| *to.add(p) = S::narrow(*sums.add(p)));
                    }
                }
            }
        });
    }
}

impl<S: Stored> Executable for Columns<S> {
    unsafe fn launch(&self, buffers: &[*mut u8], _args: &[f64], _errors: &ErrorWord) {
        let (x, y) = (Shared::new(buffers[0].cast::<S>()), Shared::new(buffers[2].cast::<S>()));
        scratch::with(self.kernel.c * self.weights_len(), |weights: *mut S::Sum| {
            // SAFETY: the caller vouches for the buffers.
            unsafe { self.pack(buffers[1].cast(), weights) };
            let weights = Shared::new(weights);
            pool::for_each(self.tasks, |task| {
                // SAFETY: as above; an image belongs to one task.
                unsafe { self.images(part(self.kernel.n, self.tasks, task), x.get(), y.get(), weights.get()) };
            });
        });
    }
}
