//! barrier: its input, as it is. The planner stores the input, merges nothing that is computed from a barrier with
//! what is computed without it, and puts nothing from both sides into one kernel. So what is computed again
//! behind it is computed again, when it is wanted.

use super::{Op, Prim};
use crate::graph::{Inputs, Node};

/// Passes its input on.
#[derive(Clone, Debug)]
pub struct Barrier;

impl Node {
    /// This node behind a barrier.
    pub(crate) fn barrier(&self) -> Node {
        Node::new(Op::Barrier(Barrier), self.dims().clone(), self.dtype(), Inputs::from_iter([self.clone()]))
    }
}

impl Prim for Barrier {
    fn key(&self, _words: &mut Vec<u64>) {}

    fn grad(&self, _y: &Node, _inputs: &[&Node], g: &Node, _i: usize) -> Option<Node> {
        Some(g.clone())
    }

    fn flops(&self, _y: &Node, _inputs: &[Node]) -> u64 {
        0
    }
}
