//! number: a Rust number in an expression. Its value is an argument of the plan, not part of it.

use super::{Op, Prim};
use crate::graph::{Dims, Inputs, Node};
use formwork_ir::DType;

/// A Rust number in an expression.
#[derive(Clone, Debug)]
pub struct Number(pub f64);

impl Node {
    /// The number `value` as a rank-0 node.
    pub(crate) fn number(value: f64, dtype: DType) -> Node {
        Node::new(Op::Number(Number(value)), Dims::new(), dtype, Inputs::new())
    }
}

impl Prim for Number {
    fn key(&self, _words: &mut Vec<u64>) {}

    fn grad(&self, _y: &Node, _inputs: &[&Node], _g: &Node, _i: usize) -> Option<Node> {
        None
    }
}
