//! view: the same elements under other indices. Views cost nothing by themselves: the planner
//! composes them into the accesses of whatever reads them.

use super::{Op, Prim};
use crate::graph::{Dims, Inputs, Node};
use formwork_ir::ReduceOp;
use smallvec::SmallVec;

/// Which element of the input an element is. The node's dims are the sizes of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// The same elements in row-major order under other dims.
    Reshape,
    /// Axis `a` of the result is axis `perm[a]` of the input.
    Permute(SmallVec<[u8; 6]>),
    /// NumPy broadcasting of the input to the result.
    Expand,
    /// Index `i` along `axis` is `start + step * i` of the input; a step of -1 flips.
    Slice { axis: u8, start: i64, step: i64 },
    /// `before` zeros before `axis` of the input, and zeros behind it up to the result's size.
    Pad { axis: u8, before: usize },
    /// Windows sliding over the last two axes: `[.., h, w]` becomes `[.., oh, ow, kh, kw]`.
    Window(Window),
    /// The same elements, taken as given: no gradient passes.
    Detach,
}

/// A window that slides over two axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
}

impl Window {
    /// How many places the window has along an axis of `size`.
    pub fn places(&self, axis: usize, size: usize) -> usize {
        let span = self.dilation[axis] * (self.kernel[axis].max(1) - 1) + 1;
        if size < span { 0 } else { (size - span) / self.stride[axis] + 1 }
    }

    /// Whether no element lies in two windows.
    fn is_disjoint(&self) -> bool {
        (0..2).all(|a| self.dilation[a] == 1 && self.stride[a] == self.kernel[a])
    }
}

impl Node {
    fn view(&self, view: View, dims: Dims) -> Node {
        Node::new(Op::View(view), dims, self.dtype(), Inputs::from_iter([self.clone()]))
    }

    /// The same elements, in row-major order, under `dims`; their number must agree.
    pub(crate) fn reshape(&self, dims: &[usize]) -> Node {
        debug_assert_eq!(self.len(), dims.iter().product::<usize>(), "{:?} {dims:?}", self.dims());
        if self.dims()[..] == *dims {
            return self.clone();
        }
        if let Op::View(View::Reshape) = self.op()
            && let [input] = &self.inputs()[..]
        {
            return input.reshape(dims);
        }
        self.view(View::Reshape, dims.into())
    }

    /// Axis `a` of the result is axis `perm[a]` of this node.
    pub(crate) fn permute(&self, perm: &[usize]) -> Node {
        if perm.iter().enumerate().all(|(a, &p)| a == p) {
            return self.clone();
        }
        let dims = perm.iter().map(|&p| self.dims()[p]).collect();
        self.view(View::Permute(perm.iter().map(|&p| p as u8).collect()), dims)
    }

    /// The last two axes exchanged.
    pub(crate) fn transposed(&self) -> Node {
        let mut perm: Dims = (0..self.rank()).collect();
        let r = perm.len();
        perm.swap(r - 1, r - 2);
        self.permute(&perm)
    }

    /// This node broadcast to `dims`, which must allow it.
    pub(crate) fn expand(&self, dims: &[usize]) -> Node {
        if self.dims()[..] == *dims { self.clone() } else { self.view(View::Expand, dims.into()) }
    }

    /// `len` elements of `axis`, from `start`, `step` apart (negative: backwards).
    pub(crate) fn slice(&self, axis: usize, start: usize, len: usize, step: i64) -> Node {
        if start == 0 && step == 1 && len == self.dims()[axis] {
            return self.clone();
        }
        let mut dims = self.dims().clone();
        dims[axis] = len;
        self.view(View::Slice { axis: axis as u8, start: start as i64, step }, dims)
    }

    /// Zeros on both sides of `axis`.
    pub(crate) fn pad(&self, axis: usize, before: usize, after: usize) -> Node {
        if before == 0 && after == 0 {
            return self.clone();
        }
        let mut dims = self.dims().clone();
        dims[axis] += before + after;
        self.view(View::Pad { axis: axis as u8, before }, dims)
    }

    /// The same elements, taken as given: no gradient passes.
    pub(crate) fn detached(&self) -> Node {
        self.view(View::Detach, self.dims().clone())
    }

    /// Windows over the last two axes: `[.., h, w]` becomes `[.., oh, ow, kh, kw]`.
    pub(crate) fn window(&self, window: Window) -> Node {
        let mut dims = self.dims().clone();
        let (w, h) = (dims.pop().unwrap_or(1), dims.pop().unwrap_or(1));
        dims.extend([window.places(0, h), window.places(1, w), window.kernel[0], window.kernel[1]]);
        self.view(View::Window(window), dims)
    }

    /// The sum of this node over the axes in which `dims` broadcasts to it.
    fn sum_to(&self, dims: &[usize]) -> Node {
        let skip = self.rank() - dims.len();
        let repeated = |a: &usize| *a < skip || (dims[*a - skip] == 1 && self.dims()[*a] != 1);
        self.reduce(ReduceOp::Sum, (0..self.rank()).filter(repeated)).reshape(dims)
    }
}

impl Prim for View {
    fn key(&self, words: &mut Vec<u64>) {
        match self {
            View::Reshape => words.push(0),
            View::Permute(perm) => words.push(perm.iter().fold(1, |w, &p| w << 8 | p as u64) << 4 | 1),
            View::Expand => words.push(2),
            View::Slice { axis, start, step } => words.extend([3 | (*axis as u64) << 4, *start as u64, *step as u64]),
            View::Pad { axis, before } => words.extend([4 | (*axis as u64) << 4, *before as u64]),
            View::Detach => words.push(6),
            View::Window(w) => {
                words.push(5);
                words.extend([w.kernel, w.stride, w.dilation].as_flattened().iter().map(|&n| n as u64));
            }
        }
    }

    fn grad(&self, y: &Node, inputs: &[&Node], g: &Node, _i: usize) -> Option<Node> {
        let x = &inputs[0];
        Some(match self {
            View::Detach => return None,
            View::Reshape => g.reshape(x.dims()),
            View::Permute(perm) => {
                let mut inverse: Dims = smallvec::smallvec![0; perm.len()];
                perm.iter().enumerate().for_each(|(a, &p)| inverse[p as usize] = a);
                g.permute(&inverse)
            }
            View::Expand => g.sum_to(x.dims()),
            View::Slice { axis, start, step } => unslice(g, *axis as usize, *start, *step, x.dims()[*axis as usize]),
            View::Pad { axis, before } => g.slice(*axis as usize, *before, x.dims()[*axis as usize], 1),
            View::Window(window) if window.is_disjoint() => tile(g, window, x),
            View::Window(window) => {
                let r = x.rank();
                debug_assert_eq!(y.dims(), g.dims());
                g.fold([x.dims()[r - 2], x.dims()[r - 1]], *window)
            }
        })
    }

    fn flops(&self, _y: &Node, _inputs: &[Node]) -> u64 {
        0
    }
}

/// The adjoint of a slice: `g` in its places of an axis of `size`, zeros elsewhere.
fn unslice(g: &Node, axis: usize, start: i64, step: i64, size: usize) -> Node {
    let len = g.dims()[axis];
    if len == 0 {
        return g.pad(axis, 0, size);
    }
    let (g, start) = match step < 0 {
        true => (g.slice(axis, len - 1, len, -1), start + step * (len as i64 - 1)),
        false => (g.clone(), start),
    };
    let (start, step) = (start as usize, step.unsigned_abs() as usize);
    if step == 1 {
        return g.pad(axis, start, size - start - len);
    }
    // Elements `step` apart: an axis of `step` behind each, of which the first is filled.
    let mut dims = g.dims().clone();
    dims.insert(axis + 1, 1);
    let mut spread = g.dims().clone();
    spread[axis] = len * step;
    let apart = g.reshape(&dims).pad(axis + 1, 0, step - 1).reshape(&spread);
    let whole = (start + len * step).max(size);
    apart.pad(axis, start, whole - start - len * step).slice(axis, 0, size, 1)
}

/// The adjoint of windows that do not overlap: they are laid side by side, zeros behind them.
fn tile(g: &Node, window: &Window, x: &Node) -> Node {
    let r = x.rank();
    let outer = r - 2;
    let perm: Dims = (0..outer).chain([outer, outer + 2, outer + 1, outer + 3]).collect();
    let mut dims: Dims = x.dims()[..outer].into();
    for a in 0..2 {
        dims.push(g.dims()[outer + a] * window.kernel[a]);
    }
    let tiled = g.permute(&perm).reshape(&dims);
    (0..2).fold(tiled, |t, a| {
        let size = x.dims()[outer + a];
        t.pad(outer + a, 0, size - t.dims()[outer + a])
    })
}
