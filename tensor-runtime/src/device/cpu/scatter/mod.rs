//! Scatter-add: points are added in row-major order. A dim along which no two points meet in one
//! element is cut into tasks.

mod element;
#[cfg(test)]
mod tests;

pub(super) use element::{Summed, summed};

use super::contract::{Shared, part, scratch};
use super::pool;
use crate::device::kernel::distinct;
use crate::device::{ErrorWord, Executable, Failure, Scatter};
use crate::error::Result;
use formwork_ir::{Access, Check};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// Makes a scatter ready to run.
pub(super) fn compile(kernel: &Scatter) -> Result<Arc<dyn Executable>> {
    Ok(summed!(kernel.dtype, T => Arc::new(Scattering::<T>::new(kernel))))
}

/// Points worth a task of their own.
const TASK: usize = 1 << 13;
const MAX_TASKS: usize = 32;
/// Elements of the last dim that a task keeps together: two cache lines of f32.
const RUN: usize = 32;

/// A dim of the space: its size, and the strides of number of point, `x`, index and `y`.
#[derive(Clone, Copy)]
struct Dim {
    size: usize,
    number: isize,
    src: isize,
    idx: isize,
    dst: isize,
    /// Where indices along it read `x`; outside there is nothing to add.
    inside: (isize, isize),
}

/// Where a point lies in each of them.
#[derive(Clone, Copy)]
struct At {
    number: isize,
    src: isize,
    idx: isize,
    dst: isize,
}

impl At {
    fn moved(self, d: &Dim, by: usize) -> At {
        let by = by as isize;
        At {
            number: self.number + by * d.number,
            src: self.src + by * d.src,
            idx: self.idx + by * d.idx,
            dst: self.dst + by * d.dst,
        }
    }
}

struct Scattering<T> {
    dims: Vec<Dim>,
    start: At,
    stride: isize,
    len: i64,
    out_len: usize,
    check: Check,
    /// The dim that is cut, and into how many tasks.
    cut: (usize, usize),
    element: PhantomData<fn(T)>,
}

impl<T: Summed> Scattering<T> {
    fn new(kernel: &Scatter) -> Self {
        let Scatter { space, src, idx, dst, stride, len, out_len, check, .. } = kernel;
        let size: usize = space.iter().product();
        let mut number = size.max(1) as isize;
        let mut dims: Vec<Dim> = (0..space.len())
            .map(|d| {
                number /= space[d].max(1) as isize;
                let inside = src.bounds.get(d).copied().unwrap_or((0, space[d] as isize));
                let at = |access: &Access| access.strides[d];
                Dim { size: space[d], number, src: at(src), idx: at(idx), dst: at(dst), inside }
            })
            .collect();
        if dims.is_empty() {
            dims.push(Dim { size: 1, number: 1, src: 0, idx: 0, dst: 0, inside: (0, 1) });
        }
        let mut steps: Vec<_> = dims.iter().filter(|d| d.dst != 0).map(|d| (d.dst.unsigned_abs(), d.size)).collect();
        steps.push((stride.unsigned_abs(), (*len).max(0) as usize));
        let mut cut = (0, 1);
        if size > TASK && distinct(steps) {
            let last = dims.len() - 1;
            let parts = |d: usize| if d == last { dims[d].size / RUN } else { dims[d].size };
            let most = (size / TASK).min(MAX_TASKS);
            let free = (0..dims.len()).filter(|&d| dims[d].dst != 0).map(|d| (d, parts(d).clamp(1, most)));
            cut = free.rev().max_by_key(|&(_, parts)| parts).unwrap_or(cut);
        }
        let start = At { number: 0, src: src.offset, idx: idx.offset, dst: dst.offset };
        let (stride, len, out_len, check) = (*stride, *len, *out_len, *check);
        Scattering { dims, start, stride, len, out_len, check, cut, element: PhantomData }
    }

    /// Adds the points whose index along the cut dim is in `range`.
    ///
    /// # Safety
    /// As for [`Executable::launch`]; nobody else uses the elements that these points reach.
    unsafe fn add(&self, y: *mut T::Sum, x: *const T, index: *const i64, range: Range<usize>, errors: &ErrorWord) {
        let within = |d: usize| if d == self.cut.0 { range.clone() } else { 0..self.dims[d].size };
        let last = self.dims.len() - 1;
        if (0..=last).any(|d| within(d).is_empty()) {
            return;
        }
        let mut point: Vec<usize> = (0..last).map(|d| within(d).start).collect();
        loop {
            let dims = self.dims.iter().zip(&point);
            if dims.clone().all(|(d, &i)| (d.inside.0..d.inside.1).contains(&(i as isize))) {
                let at = dims.fold(self.start, |at, (d, &i)| at.moved(d, i));
                let inside = &self.dims[last].inside;
                let row = within(last);
                let row = row.start.max(inside.0.max(0) as usize)..row.end.min(inside.1.max(0) as usize);
                // SAFETY: the caller vouches for it.
                unsafe { self.row(y, x, index, at, row, errors) };
            }
            // The next point in row-major order.
            let Some(d) = (0..last).rev().find(|&d| point[d] + 1 < within(d).end) else { return };
            point[d] += 1;
            (d + 1..last).for_each(|d| point[d] = within(d).start);
        }
    }

    /// Adds a run along the last dim.
    ///
    /// # Safety
    /// As for [`Scattering::add`].
    unsafe fn row(
        &self,
        y: *mut T::Sum,
        x: *const T,
        index: *const i64,
        at: At,
        run: Range<usize>,
        errors: &ErrorWord,
    ) {
        let dim = &self.dims[self.dims.len() - 1];
        let (start, len) = (at.moved(dim, run.start), run.len());
        // SAFETY: places of the space lie within the buffers, and a checked index within `y`.
        unsafe {
            if dim.idx == 0 {
                if len == 0 {
                    return;
                }
                let Some(moved) = self.checked(index, start, errors) else { return };
                let (to, from) = (y.offset(start.dst + moved), x.offset(start.src));
                if dim.src == 1 && dim.dst == 1 {
                    for i in 0..len {
                        *to.add(i) = T::add(*to.add(i), (*from.add(i)).widen());
                    }
                    return;
                }
                for i in 0..len as isize {
                    let to = to.offset(i * dim.dst);
                    *to = T::add(*to, (*from.offset(i * dim.src)).widen());
                }
                return;
            }
            for i in 0..len {
                let at = start.moved(dim, i);
                if let Some(moved) = self.checked(index, at, errors) {
                    let to = y.offset(at.dst + moved);
                    *to = T::add(*to, (*x.offset(at.src)).widen());
                }
            }
        }
    }

    /// How far the index moves a point, if it may.
    ///
    /// # Safety
    /// `at.idx` lies within the index.
    unsafe fn checked(&self, index: *const i64, at: At, errors: &ErrorWord) -> Option<isize> {
        // SAFETY: the caller vouches for it.
        let value = unsafe { *index.offset(at.idx) };
        if !(0..self.len).contains(&value) {
            errors.report(Failure { check: self.check.id, at: at.number as usize, value });
            return None;
        }
        Some(value as isize * self.stride)
    }
}

impl<T: Summed> Executable for Scattering<T> {
    unsafe fn launch(&self, buffers: &[*mut u8], _args: &[f64], errors: &ErrorWord) {
        let (y, index) = (Shared::new(buffers[0].cast::<T>()), Shared::new(buffers[2].cast::<i64>()));
        let x = Shared::new(buffers[1].cast::<T>());
        let room = if T::SAME { 0 } else { self.out_len };
        scratch::with(room, |sums: *mut T::Sum| {
            let sums = Shared::new(if T::SAME { y.get().cast() } else { sums });
            let ranges = (self.out_len / (8 * TASK)).max(1);
            pool::for_each(ranges, |i| {
                let range = part(self.out_len, ranges, i);
                // SAFETY: all bits 0 is the number 0 of every dtype; the range is this task's.
                unsafe { sums.get().add(range.start).write_bytes(0, range.len()) };
            });
            let (dim, tasks) = self.cut;
            pool::for_each(tasks, |i| {
                let range = part(self.dims[dim].size, tasks, i);
                // SAFETY: the caller vouches for the buffers; tasks meet in no element, see `cut`.
                unsafe { self.add(sums.get(), x.get(), index.get(), range, errors) };
            });
            if !T::SAME {
                pool::for_each(ranges, |i| {
                    for i in part(self.out_len, ranges, i) {
                        // SAFETY: as for zeroing.
                        unsafe { *y.get().add(i) = T::narrow(*sums.get().add(i)) };
                    }
                });
            }
        });
    }
}
