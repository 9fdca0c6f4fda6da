//! fold: the adjoint of sliding windows. `[.., oh, ow, kh, kw]` is summed into `[.., h, w]`.

use super::{Op, Prim, Window};
use crate::device::{self, Kernel};
use crate::graph::{Dims, Inputs, Node};
use formwork_ir::Access;

/// The adjoint of a window view.
#[derive(Clone, Debug)]
pub struct Fold(pub Window);

impl Node {
    /// The sum of windows `[.., oh, ow, kh, kw]` over an image of `size`.
    pub(crate) fn fold(&self, size: [usize; 2], window: Window) -> Node {
        let mut dims: Dims = self.dims()[..self.rank() - 4].into();
        dims.extend(size);
        Node::new(Op::Fold(Fold(window)), dims, self.dtype(), Inputs::from_iter([self.clone()]))
    }
}

impl Prim for Fold {
    fn key(&self, words: &mut Vec<u64>) {
        let w = &self.0;
        words.extend([w.kernel, w.stride, w.dilation].as_flattened().iter().map(|&n| n as u64));
    }

    fn grad(&self, _y: &Node, _inputs: &[&Node], g: &Node, _i: usize) -> Option<Node> {
        Some(g.window(self.0))
    }

    fn lower(&self, y: &Node, inputs: &[Node], _operands: &[Access]) -> Option<Kernel> {
        let (r, x) = (y.rank(), inputs[0].dims());
        Some(Kernel::Fold(device::Fold {
            dtype: y.dtype(),
            outer: y.dims()[..r - 2].iter().product(),
            size: [y.dims()[r - 2], y.dims()[r - 1]],
            out: [x[r - 2], x[r - 1]],
            kernel: self.0.kernel,
            stride: self.0.stride,
            dilation: self.0.dilation,
        }))
    }

    fn flops(&self, _y: &Node, inputs: &[Node]) -> u64 {
        inputs[0].len() as u64
    }
}
