//! iota: a linear function of the index, as i64. Positions, one-hot masks and counters of random
//! draws are made of it.

use super::{Op, Prim};
use crate::graph::{Dims, Inputs, Node};
use formwork_ir::DType;

/// `sum(strides[a] * index[a])`.
#[derive(Clone, Debug)]
pub struct Iota {
    pub strides: Vec<i64>,
}

impl Node {
    /// The index along `axis` of a node of `dims`.
    pub(crate) fn iota(dims: Dims, axis: usize) -> Node {
        let strides = (0..dims.len()).map(|a| (a == axis) as i64).collect();
        Node::new(Op::Iota(Iota { strides }), dims, DType::I64, Inputs::new())
    }

    /// The row-major number of an element among the axes for which `counts` is true.
    pub(crate) fn iota_over(dims: Dims, counts: impl Fn(usize) -> bool) -> Node {
        let mut strides = vec![0; dims.len()];
        let mut next = 1;
        for a in (0..dims.len()).rev().filter(|&a| counts(a)) {
            strides[a] = next;
            next *= dims[a] as i64;
        }
        Node::new(Op::Iota(Iota { strides }), dims, DType::I64, Inputs::new())
    }
}

impl Prim for Iota {
    fn key(&self, words: &mut Vec<u64>) {
        words.extend(self.strides.iter().map(|&s| s as u64));
    }

    fn grad(&self, _y: &Node, _inputs: &[&Node], _g: &Node, _i: usize) -> Option<Node> {
        None
    }
}
