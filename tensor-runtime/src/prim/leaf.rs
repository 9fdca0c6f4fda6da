//! leaf: a value from outside the graph.

use super::{Op, Prim};
use crate::device::Buffer;
use crate::graph::{Dims, Node};
use formwork_ir::DType;
use std::sync::Arc;

/// What a leaf is to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Role {
    /// Data: an input, or an evaluated tensor.
    #[default]
    Input,
    /// A parameter: `backward` gives its gradient.
    Param,
    /// State of a layer or an optimizer, written by a step, without gradient.
    State,
}

/// A value from outside the graph.
#[derive(Clone, Debug, Default)]
pub struct Leaf {
    pub role: Role,
}

impl Node {
    /// A leaf that holds `value`.
    pub(crate) fn leaf(role: Role, dims: Dims, dtype: DType, value: Arc<Buffer>) -> Node {
        Node::valued(Op::Leaf(Leaf { role }), dims, dtype, value)
    }

    pub(crate) fn is_param(&self) -> bool {
        matches!(self.op(), Op::Leaf(Leaf { role: Role::Param }))
    }
}

impl Prim for Leaf {
    fn key(&self, _words: &mut Vec<u64>) {}

    fn grad(&self, _y: &Node, _inputs: &[&Node], _g: &Node, _i: usize) -> Option<Node> {
        None
    }
}
