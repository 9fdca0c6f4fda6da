//! The lines of a tensor along one axis: where each starts, in an `x` of any strides and in a
//! contiguous `y`.

use formwork_ir::Access;

/// A dim beside the axis: its size, and the strides of `x` and `y`.
pub(super) type Dim = (usize, isize, isize);

pub(super) struct Lines {
    /// Elements of a line of `x`.
    pub len: usize,
    /// From one element of a line to the next, in `x` and in `y`.
    pub step: [isize; 2],
    /// Lines that lie side by side in `y`.
    pub lanes: usize,
    /// From one of those to the next in `x`.
    pub lane: isize,
    /// How many such sets there are.
    pub sets: usize,
    pub offset: isize,
    /// The sets' dims, innermost first.
    pub dims: Vec<Dim>,
}

impl Lines {
    /// Along `axis` of `dims`; lines of `y` have `kept` elements.
    pub fn new(dims: &[usize], axis: usize, kept: usize, x: &Access) -> Lines {
        let size = |a: usize| if a == axis { kept } else { dims[a] };
        let (mut stride, mut step) = (1, [0; 2]);
        // Innermost first; neighbours that lie one behind the other in `x` are one.
        let (mut inner, mut outer): (Vec<Dim>, Vec<Dim>) = (vec![], vec![]);
        for a in (0..dims.len()).rev() {
            let to = if a > axis { &mut inner } else { &mut outer };
            if a == axis {
                step = [x.strides[a], stride];
            } else if dims[a] != 1 {
                match to.last_mut() {
                    Some((n, own, y)) if x.strides[a] == *own * *n as isize && stride == *y * *n as isize => {
                        *n *= dims[a]
                    }
                    _ => to.push((dims[a], x.strides[a], stride)),
                }
            }
            stride *= size(a) as isize;
        }
        let (lanes, lane, _) = if inner.is_empty() { (1, 0, 0) } else { inner.remove(0) };
        inner.append(&mut outer);
        let sets = inner.iter().map(|d| d.0).product();
        Lines { len: dims[axis], step, lanes, lane, sets, offset: x.offset, dims: inner }
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.sets * self.lanes
    }

    /// Where set `i` starts in `x` and in `y`.
    pub fn set(&self, mut i: usize) -> [isize; 2] {
        let mut at = [self.offset, 0];
        for &(size, x, y) in &self.dims {
            let index = (i % size) as isize;
            i /= size;
            at = [at[0] + index * x, at[1] + index * y];
        }
        at
    }

    /// Where line `i` starts in `x` and in `y`.
    pub fn line(&self, i: usize) -> [isize; 2] {
        let (at, lane) = (self.set(i / self.lanes), (i % self.lanes) as isize);
        [at[0] + lane * self.lane, at[1] + lane]
    }
}
