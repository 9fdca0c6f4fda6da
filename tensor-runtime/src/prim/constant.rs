//! constant: a literal of the program, of any shape, that is part of the plan.

use super::{Op, Prim};
use crate::graph::{Dims, Inputs, Node};
use formwork_ir::{Const, DType};

/// A literal.
#[derive(Clone, Debug)]
pub struct Constant(pub Const);

/// `value` as a literal of `dtype`.
pub(crate) fn literal(dtype: DType, value: f64) -> Const {
    let bits = if dtype.is_float() { value.to_bits() } else { value as i64 as u64 };
    Const { dtype, bits }
}

impl Node {
    /// `value` everywhere in a node of `dims`.
    pub(crate) fn constant(value: f64, dims: Dims, dtype: DType) -> Node {
        Node::new(Op::Constant(Constant(literal(dtype, value))), dims, dtype, Inputs::new())
    }

    /// `value` as a constant of this node's dims and dtype.
    pub(crate) fn constant_like(&self, value: f64) -> Node {
        Node::constant(value, self.dims().clone(), self.dtype())
    }
}

impl Prim for Constant {
    fn key(&self, words: &mut Vec<u64>) {
        words.push(self.0.bits);
    }

    fn grad(&self, _y: &Node, _inputs: &[&Node], _g: &Node, _i: usize) -> Option<Node> {
        None
    }
}
