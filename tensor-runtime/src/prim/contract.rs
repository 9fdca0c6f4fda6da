//! contract: the batched matrix product `[.., m, k] x [.., k, n] -> [.., m, n]`.

use super::{Op, Prim};
use crate::device::{self, Kernel};
use crate::graph::{Inputs, Node};
use formwork_ir::Access;

/// A batched matrix product of two nodes of equal batch dims.
#[derive(Clone, Debug)]
pub struct Contract;

impl Node {
    /// `[.., m, k] x [.., k, n] -> [.., m, n]`; the batch dims are equal.
    pub(crate) fn contract(&self, rhs: &Node) -> Node {
        let (r, mut dims) = (self.rank(), self.dims().clone());
        debug_assert!(r == rhs.rank() && dims[..r - 2] == rhs.dims()[..r - 2] && dims[r - 1] == rhs.dims()[r - 2]);
        dims[r - 1] = rhs.dims()[r - 1];
        Node::new(Op::Contract(Contract), dims, self.dtype(), Inputs::from_iter([self.clone(), rhs.clone()]))
    }
}

impl Prim for Contract {
    fn key(&self, _words: &mut Vec<u64>) {}

    fn grad(&self, _y: &Node, inputs: &[&Node], g: &Node, i: usize) -> Option<Node> {
        Some(match i {
            0 => g.contract(&inputs[1].transposed()),
            _ => inputs[0].transposed().contract(g),
        })
    }

    fn lower(&self, y: &Node, inputs: &[Node], operands: &[Access]) -> Option<Kernel> {
        let r = y.rank();
        Some(Kernel::Contract(device::Contract {
            dtype: y.dtype(),
            batch: y.dims()[..r - 2].to_vec(),
            m: y.dims()[r - 2],
            n: y.dims()[r - 1],
            k: inputs[0].dims()[r - 1],
            a: operands[0].clone(),
            b: operands[1].clone(),
            kept: true,
            epilogue: None,
        }))
    }

    fn flops(&self, y: &Node, inputs: &[Node]) -> u64 {
        2 * (y.len() * inputs[0].dims()[y.rank() - 1]) as u64
    }
}
