//! Filter mode: each group of images sums a filter of its own, which are then added in order. Sums
//! have the filter's elements as rows and output channels as columns; `x` is read where it lies in
//! planes, one offset for each row.

use super::super::contract::{Micro, Shared, Stored, part, scratch, strip, strip_step};
use super::super::pool;
use super::planes::Planes;
use super::window::{filter_offsets, input_planes};
use crate::device::{Conv2d, ErrorWord, Executable};
use std::ops::Range;

/// At most so many partial sums, of at most so many elements together.
const MAX_PARTS: usize = 8;
const MAX_LEN: usize = 1 << 21;
/// Tasks that are worth having, and multiplications that are worth one.
const TASKS: usize = 16;
const TASK: usize = 1 << 18;
/// Pixels that are summed one after the other, but for a whole row.
const BLOCK: usize = 256;

pub(super) struct FilterGradient<S: Stored> {
    micro: &'static Micro<S::Sum>,
    kernel: Conv2d,
    planes: Planes,
    /// Groups of images that are summed apart.
    parts: usize,
    /// Runs of the channels of a group.
    runs: usize,
}

/// One task's part of the sums: which images, which group and channels.
struct Piece {
    images: Range<usize>,
    group: usize,
    channels: Range<usize>,
}

impl<S: Stored> FilterGradient<S> {
    pub fn new(kernel: &Conv2d, micro: &'static Micro<S::Sum>) -> Self {
        let k = kernel;
        let (channels, len) = (k.c / k.groups, k.o * (k.c / k.groups) * k.kh * k.kw);
        let work = k.n.saturating_mul(len * k.oh * k.ow);
        let tasks = (work / TASK).clamp(1, TASKS);
        let parts = k.n.min(MAX_PARTS).min(tasks).min(MAX_LEN / len.max(1)).max(1);
        let runs = tasks.div_ceil(parts * k.groups).clamp(1, channels.max(1));
        FilterGradient { micro, planes: input_planes(k), kernel: k.clone(), parts, runs }
    }

    /// With one output channel a group there is nothing to put side by side but pixels.
    fn single(&self) -> bool {
        self.kernel.o == self.kernel.groups
    }

    /// Columns of the sums of a group.
    fn columns(&self) -> usize {
        let o = self.kernel.o / self.kernel.groups;
        if self.single() {
            return 1;
        }
        let whole = o - o % self.micro.cols();
        whole + if whole < o { strip_step(self.micro, o - whole) } else { 0 }
    }

    /// Rows of the sums of a group.
    fn rows(&self) -> usize {
        self.kernel.c / self.kernel.groups * self.kernel.kh * self.kernel.kw
    }

    /// Sums a piece over its images; `sums` is that part's of the group.
    ///
    /// # Safety
    /// `x` and `y` reach all images, `sums` the rows and columns of a group; the piece's are exclusive.
    unsafe fn piece(&self, piece: &Piece, x: *const S, y: *const S, sums: *mut S::Sum) {
        let k = &self.kernel;
        let (per_group, o) = (k.c / k.groups, k.o / k.groups);
        let (pixels, window, columns) = (k.oh * k.ow, k.kh * k.kw, self.columns());
        let room = piece.channels.len() * self.planes.channel() + self.micro.width;
        let pitch = self.planes.size[1];
        let strips = if self.single() { (k.oh * pitch).next_multiple_of(self.micro.width) } else { pixels * columns };
        let offsets = filter_offsets(k, &self.planes, piece.channels.len());
        scratch::with(room + strips, |memory: *mut S::Sum| {
            // SAFETY: the caller vouches for the images; the scratch has room for both; all bits 0
            // is the number 0.
            unsafe {
                memory.write_bytes(0, room + strips);
                let sums = sums.add(piece.channels.start * window * columns);
                if self.single() {
                    sums.write_bytes(0, offsets.len());
                }
                for i in piece.images.clone() {
                    let channel = i * k.c + piece.group * per_group + piece.channels.start;
                    let x = x.add(channel * k.h * k.w);
                    self.planes.fill(self.micro, piece.channels.len(), x, memory);
                    let y = y.add((i * k.o + piece.group * o) * pixels);
                    let b = memory.add(room);
                    if self.single() {
                        self.spread(y, b);
                        (self.micro.dots)(strips, memory, &offsets, b, sums);
                    } else {
                        self.pack(y, b);
                        self.image(memory, b, &offsets, sums, i > piece.images.start);
                    }
                }
            }
        });
    }

    /// Lays out a channel of the cotangent in rows as far apart as those of planes.
    ///
    /// # Safety
    /// `y` reaches the channel, `to` the rows.
    unsafe fn spread(&self, y: *const S, to: *mut S::Sum) {
        let Conv2d { oh, ow, .. } = self.kernel;
        let pitch = self.planes.size[1];
        // SAFETY: the caller vouches for both; `S` is `S::Sum` where the cast is made.
        unsafe {
            if S::SAME {
                return (self.micro.copy)([oh, ow], y.cast(), ow, to, pitch);
            }
            for p in 0..oh * ow {
                *to.add(p / ow * pitch + p % ow) = (*y.add(p)).widen();
            }
        }
    }

    /// Packs the channels of the cotangent in strips, pixel after pixel.
    ///
    /// # Safety
    /// `y` reaches the channels of a group, `to` as many strips.
    unsafe fn pack(&self, y: *const S, to: *mut S::Sum) {
        let (o, pixels) = (self.kernel.o / self.kernel.groups, self.kernel.oh * self.kernel.ow);
        for first in (0..o).step_by(self.micro.cols()) {
            let width = self.micro.cols().min(o - first);
            let step = strip_step(self.micro, width);
            // SAFETY: the caller vouches for both.
            unsafe {
                let (from, to) = (y.add(first * pixels), to.add(first * pixels));
                strip(self.micro, from, pixels as isize, 1, width, pixels, to, step);
            }
        }
    }

    /// Adds one image: planes of the piece's channels, packed strips of the cotangent.
    ///
    /// # Safety
    /// As for [`FilterGradient::piece`].
    unsafe fn image(
        &self,
        planes: *const S::Sum,
        strips: *const S::Sum,
        offsets: &[isize],
        sums: *mut S::Sum,
        add: bool,
    ) {
        let Conv2d { oh, ow, o, groups, .. } = self.kernel;
        let (micro, columns, pitch) = (self.micro, self.columns(), self.planes.size[1]);
        let tiles = offsets.len().div_ceil(micro.slides.len());
        let height = (BLOCK / ow).max(1);
        for y in (0..oh).step_by(height) {
            let h = height.min(oh - y);
            for first in (0..o / groups).step_by(micro.cols()) {
                let step = strip_step(micro, o / groups - first);
                for tile in 0..tiles {
                    let rows = part(offsets.len(), tiles, tile);
                    let slide = micro.slides[rows.len() - 1][step / micro.width - 1];
                    // SAFETY: the caller vouches for the operands.
                    unsafe {
                        let b = strips.add(first * oh * ow + y * ow * step);
                        let c = sums.add(rows.start * columns + first);
                        let at = offsets[rows].as_ptr();
                        slide([h, ow], planes.add(y * pitch), pitch, at, b, step, c, columns, add || y > 0);
                    }
                }
            }
        }
    }

    /// Adds the parts of some rows of a group's sums, and writes them to the filter.
    ///
    /// # Safety
    /// `sums` reaches all parts, `w` the filter; these rows are exclusive.
    unsafe fn finish(&self, group: usize, rows: Range<usize>, sums: *mut S::Sum, w: *mut S) {
        let (o, columns) = (self.kernel.o / self.kernel.groups, self.columns());
        let part_len = self.kernel.groups * self.rows() * columns;
        // SAFETY: the caller vouches for both.
        unsafe {
            let total = sums.add((group * self.rows() + rows.start) * columns);
            let len = rows.len() * columns;
            for part in 1..self.parts {
                let more = total.add(part * part_len);
                for i in 0..len {
                    *total.add(i) = *total.add(i) + *more.add(i);
                }
            }
            let w = w.add(group * o * self.rows());
            for j in 0..o {
                for (i, row) in rows.clone().enumerate() {
                    *w.add(j * self.rows() + row) = S::narrow(*total.add(i * columns + j));
                }
            }
        }
    }
}

impl<S: Stored> Executable for FilterGradient<S> {
    unsafe fn launch(&self, buffers: &[*mut u8], _args: &[f64], _errors: &ErrorWord) {
        let k = &self.kernel;
        let (x, y) = (Shared::new(buffers[0].cast::<S>()), Shared::new(buffers[2].cast::<S>()));
        let w = Shared::new(buffers[1].cast::<S>());
        let group_len = self.rows() * self.columns();
        if group_len == 0 || k.groups == 0 {
            return;
        }
        if k.n * k.oh * k.ow == 0 {
            // SAFETY: the caller vouches for the buffer; all bits 0 is the number 0.
            return unsafe { w.get().write_bytes(0, k.groups * self.rows() * (k.o / k.groups)) };
        }
        scratch::with(self.parts * k.groups * group_len, |sums: *mut S::Sum| {
            let sums = Shared::new(sums);
            let per_part = k.groups * self.runs;
            pool::for_each(self.parts * per_part, |task| {
                let (share, group, run) = (task / per_part, task / self.runs % k.groups, task % self.runs);
                let channels = part(k.c / k.groups, self.runs, run);
                let piece = Piece { images: part(k.n, self.parts, share), group, channels };
                // SAFETY: the caller vouches for the buffers; a piece belongs to one task.
                unsafe {
                    let sums = sums.get().add((share * k.groups + group) * group_len);
                    self.piece(&piece, x.get(), y.get(), sums);
                }
            });
            let chunks = (self.rows() / 64).max(1);
            pool::for_each(k.groups * chunks, |task| {
                let rows = part(self.rows(), chunks, task % chunks);
                // SAFETY: as above; all pieces are done.
                unsafe { self.finish(task / chunks, rows, sums.get(), w.get()) }
            });
        });
    }
}
