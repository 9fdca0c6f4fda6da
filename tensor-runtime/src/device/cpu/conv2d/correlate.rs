//! Forward and data mode: per image, planes in scratch, then tiles that read them where they lie,
//! or a strip at a time where too much of a plane's row is padding.

use super::super::contract::{
    self, Buffers, Micro, RUN, Shared, Stored, blocks, longest, packed_rows, part, rows_of_tile, scratch, strip_step,
};
use super::super::{pool, program::BlockProgram};
use super::window::{Geometry, Job};
use crate::device::{Conv2d, ConvMode, ErrorWord, Executable};
use crate::error::Result;
use std::ops::Range;

/// Multiplications worth a task of their own.
const TASK: usize = 1 << 18;
/// Fewer images than this are cut into runs of rows, to have as many tasks.
const MIN_TASKS: usize = 8;

pub(super) struct Correlation<S: Stored> {
    micro: &'static Micro<S::Sum>,
    mode: ConvMode,
    n: usize,
    groups: usize,
    geometry: Geometry,
    /// Image tasks, and runs of rows of each image.
    tasks: [usize; 2],
    epilogue: Option<(BlockProgram, usize)>,
}

/// The outputs `t` of a job that a task computes.
struct Rows<'j> {
    job: &'j Job,
    t: Range<usize>,
}

/// Where sums go: row r to `c + r * ldc`.
#[derive(Clone, Copy)]
struct Sums<T> {
    c: *mut T,
    ldc: usize,
}

impl<S: Stored> Correlation<S> {
    pub fn new(kernel: &Conv2d, micro: &'static Micro<S::Sum>) -> Result<Self> {
        let geometry = Geometry::of(kernel);
        let epilogue = match &kernel.epilogue {
            Some(program) => Some((BlockProgram::compile(program)?, program.outer_len())),
            None => None,
        };
        let terms: usize = geometry.jobs.iter().map(|j| j.at.len() * j.out[0] * j.out[1]).sum();
        let image = kernel.groups * geometry.channels[1] * terms;
        let all = (image.saturating_mul(kernel.n) / TASK).max(1);
        let images = all.clamp(1, kernel.n.max(1));
        let runs =
            if kernel.n < MIN_TASKS { (all / images).min(MIN_TASKS).clamp(1, geometry.image[0].max(1)) } else { 1 };
        let (mode, n, groups) = (kernel.mode, kernel.n, kernel.groups);
        Ok(Correlation { micro, mode, n, groups, geometry, tasks: [images, runs], epilogue })
    }

    /// Elements of the packed weights of a job.
    fn weights_len(&self, job: &Job) -> usize {
        packed_rows(self.micro, self.geometry.channels[1], job.at.len())
    }

    /// Packs the weights of all groups and jobs, one after the other.
    ///
    /// # Safety
    /// `w` reaches the weights, `to` the packed ones, and is exclusive.
    unsafe fn pack_weights(&self, w: *const S, to: *mut S::Sum) {
        let Geometry { jobs, weight_row, weight_group, channels, .. } = &self.geometry;
        let rows = channels[1];
        let tiles = rows.div_ceil(self.micro.rows());
        let (w, to) = (Shared::new(w.cast_mut()), Shared::new(to));
        let group_len: usize = jobs.iter().map(|job| self.weights_len(job)).sum();
        // A tile of a group is a task.
        let pack = |task: usize| {
            let (g, tile) = (task / tiles, task % tiles);
            let rows = rows_of_tile(self.micro, rows, tile);
            let mut start = g * group_len;
            for job in jobs {
                for block in blocks(job.at.len()) {
                    let to =
                        to.get().wrapping_add(start + (block.start * tiles + tile * block.len()) * self.micro.step);
                    for (p, &term) in job.weight[block].iter().enumerate() {
                        for (i, row) in rows.clone().enumerate() {
                            // SAFETY: the caller vouches for both.
                            unsafe {
                                let w = *w.get().add(g * weight_group + row * weight_row + term);
                                *to.add(p * self.micro.step + i) = w.widen();
                            }
                        }
                    }
                }
                start += self.weights_len(job);
            }
        };
        pool::for_each(self.groups * tiles, pack);
    }

    /// Computes run number `run` of the rows of outputs, for some images.
    ///
    /// # Safety
    /// As for [`Executable::launch`]; `weights` reaches the packed weights, and these rows of `y`
    /// are exclusive.
    unsafe fn images(
        &self,
        images: Range<usize>,
        run: usize,
        x: *const S,
        weights: *const S::Sum,
        y: *mut S,
        finish: &impl Fn(usize),
    ) {
        let Geometry { planes, jobs, channels, image, .. } = &self.geometry;
        let (read, written) = (planes.image[0] * planes.image[1], image[0] * image[1]);
        let room = channels[0] * planes.channel() + 8 * self.micro.width;
        let sums = jobs.iter().map(|job| channels[1] * self.pitch(job).1).max().unwrap_or(0);
        let terms = jobs.iter().map(|job| longest(job.at.len())).max().unwrap_or(0);
        let strip = terms * self.micro.cols() + RUN;
        scratch::with(room + sums + strip, |memory: *mut S::Sum| {
            // SAFETY: the scratch has room for the three; all bits 0 is the number 0.
            unsafe { memory.write_bytes(0, room) };
            for i in images {
                let mut weights = weights;
                for g in i * self.groups..(i + 1) * self.groups {
                    // SAFETY: the caller vouches for the images.
                    unsafe {
                        planes.fill(self.micro, channels[0], x.add(g * channels[0] * read), memory);
                        let y = y.add(g * channels[1] * written);
                        for job in jobs {
                            let rows = Rows { job, t: part(job.out[0], self.tasks[1], run) };
                            self.job(&rows, memory, weights, y, memory.add(room), memory.add(room + sums));
                            weights = weights.add(self.weights_len(job));
                        }
                    }
                }
                finish(i);
            }
        });
    }

    /// Whether tiles read planes where they lie, and how far rows of sums are apart then or else.
    fn pitch(&self, job: &Job) -> (bool, usize) {
        let (rows, width) = (self.geometry.channels[1], self.geometry.planes.size[1]);
        let [t, u] = job.out;
        let (flat, packed) = ((t.max(1) - 1) * width + u, t * u);
        // Cycles for each term and strip: two registers of sums a cycle, against runs copied.
        let waste = rows * (flat - packed.min(flat));
        let copies = 4 * t * u.next_multiple_of(RUN);
        let step = 8 * self.micro.width;
        if waste <= copies { (true, flat.next_multiple_of(step)) } else { (false, packed.next_multiple_of(step)) }
    }

    /// # Safety
    /// As for [`Correlation::image`], of one group; `planes`, `sums` and `strip` have room.
    unsafe fn job(
        &self,
        rows: &Rows,
        planes: *const S::Sum,
        weights: *const S::Sum,
        y: *mut S,
        sums: *mut S::Sum,
        strip: *mut S::Sum,
    ) {
        let Rows { job, t } = rows;
        let m = self.geometry.channels[1];
        if t.is_empty() || job.out[1] == 0 {
            return;
        }
        let (flat, pitch) = self.pitch(job);
        let width = if flat { self.geometry.planes.size[1] } else { job.out[1] };
        let tiles = m.div_ceil(self.micro.rows());
        // Outputs without gaps go to the image at once.
        let direct = S::SAME && width == job.out[1] && job.stride == [1, 1] && !job.at.is_empty();
        // SAFETY: outputs lie in the image and their pixels in the planes.
        unsafe {
            let at_once = y.add(t.start * width).cast();
            let to = if direct { Sums { c: at_once, ldc: job.out[0] * width } } else { Sums { c: sums, ldc: pitch } };
            let planes = planes.add(t.start * self.geometry.planes.size[1]);
            for block in blocks(job.at.len()) {
                let weights = weights.add(block.start * tiles * self.micro.step);
                if flat {
                    let edge = direct.then_some(sums);
                    self.flat(rows, &block, planes, weights, to, edge);
                } else {
                    self.packed(rows, &block, planes, weights, to, strip);
                }
            }
            if job.at.is_empty() {
                sums.write_bytes(0, m * pitch);
            }
            if !direct {
                self.write(rows, sums, pitch, width, y);
            }
        }
    }

    /// Adds a block of terms, for outputs numbered along the planes' rows.
    ///
    /// # Safety
    /// As for [`Correlation::job`].
    unsafe fn flat(
        &self,
        Rows { job, t }: &Rows,
        block: &Range<usize>,
        planes: *const S::Sum,
        weights: *const S::Sum,
        to: Sums<S::Sum>,
        edge: Option<*mut S::Sum>,
    ) {
        let (micro, m, add) = (self.micro, self.geometry.channels[1], block.start > 0);
        let len = (t.len() - 1) * self.geometry.planes.size[1] + job.out[1];
        let at = job.at[block.clone()].as_ptr();
        let tiles = m.div_ceil(micro.rows());
        let mut q = 0;
        while q < len {
            let wide = (m <= micro.flat_taps.len()).then(|| micro.flat_taps[m - 1]);
            let wide = wide.filter(|(v, _)| len - q > (v / 2) * micro.width);
            let pair = strip_step(micro, len - q) / micro.width;
            let width = wide.map_or(pair, |w| w.0) * micro.width;
            let edge = edge.filter(|_| q + width > len);
            for tile in 0..tiles {
                let rows = rows_of_tile(micro, m, tile);
                let run = wide.map_or(micro.taps[rows.len() - 1][pair - 1], |w| w.1);
                // SAFETY: the caller vouches for the operands; rows are whole registers, at the edge
                // those of `edge`.
                unsafe {
                    let a = weights.add(tile * block.len() * micro.step);
                    let c = to.c.add(rows.start * to.ldc + q);
                    let Some(edge) = edge else {
                        run(block.len(), a, micro.step as isize, planes.add(q), at, c, to.ldc, add);
                        continue;
                    };
                    run(block.len(), a, micro.step as isize, planes.add(q), at, edge, width, false);
                    let finish = if add { micro.add } else { micro.copy };
                    finish([rows.len(), len - q], edge, width, c, to.ldc);
                }
            }
            q += width;
        }
    }

    /// Adds a block of terms, for outputs without gaps: packs one strip after the other.
    ///
    /// # Safety
    /// As for [`Correlation::job`].
    unsafe fn packed(
        &self,
        Rows { job, t }: &Rows,
        block: &Range<usize>,
        planes: *const S::Sum,
        weights: *const S::Sum,
        to: Sums<S::Sum>,
        strip: *mut S::Sum,
    ) {
        let (micro, add, m) = (self.micro, block.start > 0, self.geometry.channels[1]);
        let (pitch, width) = (self.geometry.planes.size[1], job.out[1]);
        let all = t.len() * width;
        let mut first = 0;
        while first < all {
            let len = micro.cols().min(all - first);
            let step = strip_step(micro, len);
            let mut runs = Runs::default();
            for part in runs_of(first..first + len, width) {
                let (row, col) = (part.start / width, part.start % width);
                for x in (0..part.len()).step_by(RUN) {
                    runs.push(row * pitch + col + x, part.start + x - first);
                }
            }
            // SAFETY: runs are copied in order, each over the surplus of the one before; the strip
            // and the planes have room for the last one's.
            unsafe {
                (micro.runs)(planes, &job.at[block.clone()], runs.get(), strip, step);
                let (c, step) = (to.c.add(first), step as isize);
                contract::multiply(micro, block.len(), weights, m, strip, step, len, c, to.ldc, add);
            }
            first += len;
        }
    }

    /// Writes the sums to the image; `width` lies between rows of outputs.
    ///
    /// # Safety
    /// As for [`Correlation::job`].
    unsafe fn write(&self, Rows { job, t }: &Rows, sums: *const S::Sum, ldc: usize, width: usize, y: *mut S) {
        let [h, w] = self.geometry.image;
        let [dy, dx] = job.stride;
        for row in 0..self.geometry.channels[1] {
            // SAFETY: pixels lie in the image.
            unsafe {
                let from = sums.add(row * ldc);
                let to = y.add((row * h + t.start * dy + job.phase[0]) * w + job.phase[1]);
                if S::SAME && dx == 1 {
                    (self.micro.copy)([t.len(), job.out[1]], from, width, to.cast(), w * dy);
                    continue;
                }
                for i in 0..t.len() {
                    for u in 0..job.out[1] {
                        *to.add(i * dy * w + u * dx) = S::narrow(*from.add(i * width + u));
                    }
                }
            }
        }
    }
}

/// The parts of a range of outputs that lie in one row each.
fn runs_of(range: Range<usize>, width: usize) -> impl Iterator<Item = Range<usize>> {
    let rows = range.start / width..range.end.div_ceil(width);
    rows.map(move |row| (row * width).max(range.start)..((row + 1) * width).min(range.end))
}

/// Where runs of a strip start, in the planes and in the strip: as many as there are columns, at most.
struct Runs {
    starts: [(usize, usize); 64],
    len: usize,
}

impl Default for Runs {
    fn default() -> Self {
        Runs { starts: [(0, 0); 64], len: 0 }
    }
}

impl Runs {
    fn push(&mut self, from: usize, to: usize) {
        self.starts[self.len] = (from, to);
        self.len += 1;
    }

    fn get(&self) -> &[(usize, usize)] {
        &self.starts[..self.len]
    }
}

impl<S: Stored> Executable for Correlation<S> {
    unsafe fn launch(&self, buffers: &[*mut u8], args: &[f64], errors: &ErrorWord) {
        let jobs = &self.geometry.jobs;
        let (x, y) = if self.mode == ConvMode::Data { (buffers[2], buffers[0]) } else { (buffers[0], buffers[2]) };
        let (x, y) = (Shared::new(x.cast::<S>()), Shared::new(y.cast::<S>()));
        let all = Buffers(buffers);
        let weights_len = self.groups * jobs.iter().map(|job| self.weights_len(job)).sum::<usize>();
        let [images, runs] = self.tasks;
        let finish = |image: usize| {
            if let Some((program, points)) = &self.epilogue {
                // SAFETY: the caller vouches for the buffers; an image belongs to one task.
                unsafe { program.run(part(*points, self.n, image), all.get(), args, errors) };
            }
        };
        scratch::with(weights_len, |weights: *mut S::Sum| {
            // SAFETY: the caller vouches for the buffers.
            unsafe { self.pack_weights(buffers[1].cast(), weights) };
            let weights = Shared::new(weights);
            pool::for_each(images * runs, |task| {
                let range = part(self.n, images, task / runs);
                let each = |image| {
                    if runs == 1 {
                        finish(image)
                    }
                };
                // SAFETY: the caller vouches for the buffers; no other task has these rows.
                unsafe { self.images(range, task % runs, x.get(), weights.get(), y.get(), &each) };
            });
            if runs > 1 && self.epilogue.is_some() {
                pool::for_each(self.n, finish);
            }
        });
    }
}
