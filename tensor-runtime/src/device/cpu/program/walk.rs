//! Where the elements of a block lie: an access cut into runs of one stride.

use super::space::{Dim, merge_group};
use crate::error::{Error, Result};

/// Dims that an access can have once its neighbours are merged.
const MAX_DIMS: usize = 16;

/// A run of elements: `len` lanes from `lane` on, or a stretch that lies outside of the bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub lane: usize,
    pub len: usize,
    /// Element offset of the first one, or `None` outside.
    pub at: Option<isize>,
    pub stride: isize,
}

/// The places of a range of points, numbered in row-major order of the dims.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    offset: isize,
    /// At least one.
    dims: Box<[Dim]>,
    bounded: bool,
}

impl Walk {
    pub fn new(offset: isize, dims: &[Dim]) -> Result<Walk> {
        let mut dims = dims.to_vec();
        merge_group(&mut [&mut dims]);
        if dims.len() > MAX_DIMS {
            let found = format!("an access of {} dims that do not merge", dims.len());
            return Err(Error::Setting { name: "rank", found, expected: format!("at most {MAX_DIMS}") });
        }
        if dims.is_empty() {
            dims.push(Dim { n: 1, stride: 0, lo: 0, hi: 1 });
        }
        let bounded = dims.iter().any(|d| d.lo > 0 || d.hi < d.n as isize);
        Ok(Walk { offset, dims: dims.into(), bounded })
    }

    /// Whether all places lie side by side.
    pub fn is_straight(&self) -> bool {
        !self.bounded && matches!(*self.dims, [Dim { stride: 1, .. }])
    }

    /// Where the `len` elements lie, side by side, that all ranges of `len` points are, if they are the same ones.
    pub fn repeated(&self, len: usize) -> Option<isize> {
        let (row, others) = self.dims.split_last()?;
        let is_row = row.n == len && row.stride == 1 && !self.bounded;
        (is_row && others.iter().all(|d| d.stride == 0)).then_some(self.offset)
    }

    /// The place of the range `start..start + count` if its elements lie side by side.
    #[inline]
    pub fn contiguous(&self, start: usize, count: usize) -> Option<isize> {
        if self.bounded {
            return None;
        }
        let last = self.dims.len() - 1;
        let Dim { n, stride, .. } = self.dims[last];
        if stride != 1 && count != 1 {
            return None;
        }
        if last == 0 {
            return Some(self.offset + start as isize * stride);
        }
        if start % n + count > n { None } else { self.at(start) }
    }

    /// The place of one point, or `None` outside.
    pub fn at(&self, point: usize) -> Option<isize> {
        let (mut rest, mut at, mut inside) = (point, self.offset, true);
        for d in self.dims.iter().rev() {
            let i = (rest % d.n) as isize;
            rest /= d.n;
            at += i * d.stride;
            inside &= (d.lo..d.hi).contains(&i);
        }
        inside.then_some(at)
    }

    /// The place of one point, bounds or not.
    pub fn place(&self, point: usize) -> isize {
        let (mut rest, mut at) = (point, self.offset);
        for d in self.dims.iter().rev() {
            at += (rest % d.n) as isize * d.stride;
            rest /= d.n;
        }
        at
    }

    /// Calls `f` for each run of `start..start + count`.
    #[inline]
    pub fn runs(&self, start: usize, count: usize, mut f: impl FnMut(Run)) {
        let last = self.dims.len() - 1;
        if last == 0 && !self.bounded {
            let stride = self.dims[0].stride;
            return f(Run { lane: 0, len: count, at: Some(self.offset + start as isize * stride), stride });
        }
        let mut index = [0usize; MAX_DIMS];
        let (mut rest, mut at) = (start, self.offset);
        for (i, d) in index[..=last].iter_mut().zip(&self.dims).rev() {
            *i = rest % d.n;
            rest /= d.n;
            at += *i as isize * d.stride;
        }
        let mut lane = 0;
        let inner = self.dims[last];
        while lane < count {
            let i = index[last];
            let len = (inner.n - i).min(count - lane);
            if !self.bounded {
                f(Run { lane, len, at: Some(at), stride: inner.stride });
            } else {
                let inside = (0..last).all(|d| (self.dims[d].lo..self.dims[d].hi).contains(&(index[d] as isize)));
                bounded_runs(inner, i, len, lane, at, inside, &mut f);
            }
            lane += len;
            at -= i as isize * inner.stride;
            index[last] = 0;
            for d in (0..last).rev() {
                index[d] += 1;
                at += self.dims[d].stride;
                if index[d] < self.dims[d].n {
                    break;
                }
                at -= self.dims[d].n as isize * self.dims[d].stride;
                index[d] = 0;
            }
        }
    }
}

/// The runs before, inside and after the bounds of the innermost dim.
fn bounded_runs(dim: Dim, i: usize, len: usize, lane: usize, at: isize, inside: bool, f: &mut impl FnMut(Run)) {
    let (from, to) = (i as isize, (i + len) as isize);
    let lo = if inside { dim.lo.clamp(from, to) } else { to };
    let hi = if inside { dim.hi.clamp(lo, to) } else { to };
    let mut emit = |a: isize, b: isize, is_inside: bool| {
        if a < b {
            let start = at + (a - from) * dim.stride;
            f(Run {
                lane: lane + (a - from) as usize,
                len: (b - a) as usize,
                at: is_inside.then_some(start),
                stride: dim.stride,
            });
        }
    };
    emit(from, lo, false);
    emit(lo, hi, true);
    emit(hi, to, false);
}
