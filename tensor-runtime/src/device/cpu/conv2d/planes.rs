//! Images laid out for tiles: zeros around them, and pixels a stride apart side by side, so that
//! the pixels that one tap of the window meets, from one output to the next, are consecutive.

use super::super::contract::{Micro, Stored};
use std::ops::Range;

/// The layout of one channel: `phases` planes of `size`. Element `[t, u]` of the plane of phase
/// `[r, q]` is pixel `[t * stride + r + first, u * stride + q + first]` of the image, or 0 outside of it.
pub(super) struct Planes {
    /// Rows and columns of the image.
    pub image: [usize; 2],
    pub stride: [usize; 2],
    pub phases: Vec<[usize; 2]>,
    pub first: [isize; 2],
    pub size: [usize; 2],
}

impl Planes {
    /// Elements of a channel.
    pub fn channel(&self) -> usize {
        self.phases.len() * self.size[0] * self.size[1]
    }

    /// Where plane element `[0, 0]` lies that a tap at padded pixel `at` meets.
    pub fn offset(&self, at: [usize; 2]) -> isize {
        let phase = [at[0] % self.stride[0], at[1] % self.stride[1]];
        let plane = self.phases.iter().position(|&p| p == phase).unwrap_or(0);
        ((plane * self.size[0] + at[0] / self.stride[0]) * self.size[1] + at[1] / self.stride[1]) as isize
    }

    /// Of the plane of a phase, along dim d: the elements inside of the image, and their first pixel.
    fn inside(&self, phase: [usize; 2], d: usize) -> (Range<usize>, usize) {
        let first = self.first[d] + phase[d] as isize;
        let from_zero = |pixel: isize| (pixel.max(0) as usize).div_ceil(self.stride[d]);
        let end = from_zero(self.image[d] as isize - first).min(self.size[d]);
        let start = from_zero(-first).min(end);
        (start..end, (start as isize * self.stride[d] as isize + first).max(0) as usize)
    }

    /// Lays out `channels` contiguous channels. What is outside of the image must be zero already.
    ///
    /// # Safety
    /// The CPU has `micro`'s instruction set; `from` reaches the channels, `to` reaches
    /// `channels * self.channel()` elements and is exclusive.
    pub unsafe fn fill<S: Stored>(&self, micro: &Micro<S::Sum>, channels: usize, from: *const S, to: *mut S::Sum) {
        let [h, w] = self.image;
        if S::SAME
            && self.first == [0, 0]
            && self.phases == [[0, 0]]
            && self.size == self.image
            && self.stride == [1, 1]
        {
            // SAFETY: the caller vouches for both.
            return unsafe { std::ptr::copy_nonoverlapping(from.cast(), to, channels * h * w) };
        }
        for (p, &phase) in self.phases.iter().enumerate() {
            let ((rows, y), (cols, x)) = (self.inside(phase, 0), self.inside(phase, 1));
            for c in 0..channels {
                let at = c * self.channel() + (p * self.size[0] + rows.start) * self.size[1] + cols.start;
                // SAFETY: elements inside of the image are pixels of it.
                unsafe { self.block(micro, [rows.len(), cols.len()], from.add((c * h + y) * w + x), to.add(at)) };
            }
        }
    }

    /// # Safety
    /// As for [`Planes::fill`].
    unsafe fn block<S: Stored>(&self, micro: &Micro<S::Sum>, size: [usize; 2], from: *const S, to: *mut S::Sum) {
        let (pitch, [dy, dx]) = (self.image[1] * self.stride[0], self.stride);
        // SAFETY: the caller vouches for both; `S` is `S::Sum` where the casts are made.
        unsafe {
            match dx {
                1 if S::SAME => (micro.copy)(size, from.cast(), pitch, to, self.size[1]),
                2 if S::SAME => (micro.copy_second)(size, from.cast(), pitch, to, self.size[1]),
                _ => {
                    for t in 0..size[0] {
                        for u in 0..size[1] {
                            let pixel = from.add(t * dy * self.image[1] + u * dx);
                            *to.add(t * self.size[1] + u) = (*pixel).widen();
                        }
                    }
                }
            }
        }
    }
}
