//! scatter: elements added up where an index says, PyTorch's `scatter_add` into zeros.

use super::{Op, Prim};
use crate::device::{self, Kernel};
use crate::graph::{Inputs, Node};
use formwork_ir::Access;

/// `y[i, index[i, j, k], k] += x[i, j, k]` for axis 1, and so on; `y` is zero before.
#[derive(Clone, Debug)]
pub struct Scatter {
    pub axis: usize,
}

impl Node {
    /// This node's elements added into zeros of `size` along `axis`, at `index` (of this node's dims).
    pub(crate) fn scatter_add(&self, axis: usize, size: usize, index: &Node) -> Node {
        let mut dims = self.dims().clone();
        dims[axis] = size;
        Node::new(Op::Scatter(Scatter { axis }), dims, self.dtype(), Inputs::from_iter([self.clone(), index.clone()]))
    }
}

impl Prim for Scatter {
    fn key(&self, words: &mut Vec<u64>) {
        words.push(self.axis as u64);
    }

    fn grad(&self, _y: &Node, inputs: &[&Node], g: &Node, i: usize) -> Option<Node> {
        (i == 0).then(|| g.gather(self.axis, inputs[1]))
    }

    fn lower(&self, y: &Node, inputs: &[Node], operands: &[Access]) -> Option<Kernel> {
        let mut strides = vec![1isize; y.rank()];
        for a in (1..y.rank()).rev() {
            strides[a - 1] = strides[a] * y.dims()[a] as isize;
        }
        let stride = std::mem::take(&mut strides[self.axis]);
        Some(Kernel::Scatter(device::Scatter {
            dtype: y.dtype(),
            space: inputs[0].dims().to_vec(),
            src: operands[0].clone(),
            idx: operands[1].clone(),
            dst: Access { offset: 0, strides, bounds: vec![] },
            stride,
            len: y.dims()[self.axis] as i64,
            out_len: y.len(),
            check: formwork_ir::Check { id: 0 },
        }))
    }

    fn flops(&self, _y: &Node, inputs: &[Node]) -> u64 {
        inputs[0].len() as u64
    }
}
