//! sort: the order of elements along an axis, as their places: PyTorch's stable `argsort`. Sorted
//! values are a gather at those places, and so have the gradient of one.

use super::{Op, Prim};
use crate::device::{self, Kernel};
use crate::graph::{Inputs, Node};
use formwork_ir::{Access, DType};
use std::ops::Range;

/// Where along `axis` the elements lie that come at places `start` to `start + keep` in order. Equals stay in
/// order; a NaN is larger than any number.
#[derive(Clone, Debug)]
pub struct Sort {
    pub axis: usize,
    pub descending: bool,
    pub start: usize,
    pub keep: usize,
}

impl Node {
    /// Where along `axis` the elements lie (i64) that come at `places` in order.
    pub(crate) fn argsort(&self, axis: usize, descending: bool, places: Range<usize>) -> Node {
        debug_assert!(places.end <= self.dims()[axis]);
        let (start, keep) = (places.start, places.len());
        let mut dims = self.dims().clone();
        dims[axis] = keep;
        let sort = Sort { axis, descending, start, keep };
        Node::new(Op::Sort(sort), dims, DType::I64, Inputs::from_iter([self.clone()]))
    }
}

impl Prim for Sort {
    fn key(&self, words: &mut Vec<u64>) {
        words.extend([(self.axis as u64) << 1 | self.descending as u64, self.start as u64, self.keep as u64]);
    }

    fn grad(&self, _y: &Node, _inputs: &[&Node], _g: &Node, _i: usize) -> Option<Node> {
        None
    }

    fn lower(&self, _y: &Node, inputs: &[Node], operands: &[Access]) -> Option<Kernel> {
        let Sort { axis, descending, start, keep } = *self;
        let (dtype, dims, x) = (inputs[0].dtype(), inputs[0].dims().to_vec(), operands[0].clone());
        Some(Kernel::Sort(device::Sort { dtype, dims, axis, descending, start, keep, x }))
    }

    fn flops(&self, _y: &Node, _inputs: &[Node]) -> u64 {
        0
    }
}
