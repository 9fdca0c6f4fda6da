//! Images laid out for tiles: zeros around them, and pixels a stride apart side by side, so that
//! the pixels that one tap of the window meets, from one output to the next, are consecutive.

use super::super::contract::Stored;

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

    /// Lays out `channels` contiguous channels.
    ///
    /// # Safety
    /// `from` reaches the channels, `to` reaches `channels * self.channel()` elements and is exclusive.
    pub unsafe fn fill<S: Stored>(&self, channels: usize, from: *const S, to: *mut S::Sum) {
        let [h, w] = self.image;
        let mut to = to;
        for c in 0..channels {
            for phase in &self.phases {
                for t in 0..self.size[0] {
                    let y = (t * self.stride[0] + phase[0]) as isize + self.first[0];
                    // SAFETY: the caller vouches for both; a row that is read lies in the image.
                    unsafe {
                        if (0..h as isize).contains(&y) {
                            self.row(phase[1], from.add((c * h + y as usize) * w), to);
                        } else {
                            to.write_bytes(0, self.size[1]);
                        }
                        to = to.add(self.size[1]);
                    }
                }
            }
        }
    }

    /// # Safety
    /// `from` reaches a row of the image, `to` a row of a plane.
    unsafe fn row<S: Stored>(&self, phase: usize, from: *const S, to: *mut S::Sum) {
        let (stride, width) = (self.stride[1] as isize, self.size[1] as isize);
        let first = self.first[1] + phase as isize;
        // The u whose pixel u * stride + first lies in 0..w.
        let from_zero = |pixel: isize| (pixel.max(0) as usize).div_ceil(self.stride[1]) as isize;
        let start = from_zero(-first).min(width);
        let end = from_zero(self.image[1] as isize - first).clamp(start, width);
        // SAFETY: `start..end` lies in the plane's row and its pixels in the image's.
        unsafe {
            to.write_bytes(0, start as usize);
            if S::SAME && stride == 1 {
                let len = (end - start) as usize;
                let from = from.offset(start + first).cast();
                std::ptr::copy_nonoverlapping(from, to.offset(start), len);
            } else {
                for u in start..end {
                    *to.offset(u) = (*from.offset(u * stride + first)).widen();
                }
            }
            to.offset(end).write_bytes(0, (width - end) as usize);
        }
    }
}
