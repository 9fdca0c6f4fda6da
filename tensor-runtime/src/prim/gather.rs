//! gather: elements chosen along an axis by an index, PyTorch's `gather`.

use super::{Op, Prim};
use crate::graph::{Inputs, Node};

/// `y[i, j, k] = x[i, index[i, j, k], k]` for axis 1, and so on. `x` has the dims of `y` but along
/// the axis, the index (i64) those of `y`.
#[derive(Clone, Debug)]
pub struct Gather {
    pub axis: usize,
}

impl Node {
    /// The elements of this node at `index` along `axis`; the other axes broadcast together.
    pub(crate) fn gather(&self, axis: usize, index: &Node) -> Node {
        debug_assert_eq!(self.rank(), index.rank());
        let mut dims = index.dims().clone();
        dims[axis] = self.dims()[axis];
        let x = self.expand(&dims);
        Node::new(
            Op::Gather(Gather { axis }),
            index.dims().clone(),
            self.dtype(),
            Inputs::from_iter([x, index.clone()]),
        )
    }
}

impl Prim for Gather {
    fn key(&self, words: &mut Vec<u64>) {
        words.push(self.axis as u64);
    }

    fn grad(&self, _y: &Node, inputs: &[&Node], g: &Node, i: usize) -> Option<Node> {
        let [x, index] = inputs else { return None };
        (i == 0).then(|| g.scatter_add(self.axis, x.dims()[self.axis], index))
    }
}
