//! scan: running sums and their kin along an axis, PyTorch's `cumsum`, `cumprod`, `cummax`, ...

use super::{Op, Prim};
use crate::device::{self, Kernel, ScanOp};
use crate::graph::{Inputs, Node};
use formwork_ir::{Access, Intrinsic, ReduceOp};

/// `y[i] = op(x[0], .., x[i])` along the axis, or `op(x[i], .., x[n - 1])` in reverse.
#[derive(Clone, Debug)]
pub struct Scan {
    pub op: ScanOp,
    pub axis: usize,
    pub reverse: bool,
}

impl Node {
    /// The running `op` of this node along `axis`, from the end in reverse.
    pub(crate) fn scan(&self, op: ScanOp, axis: usize, reverse: bool) -> Node {
        let inputs = Inputs::from_iter([self.clone()]);
        Node::new(Op::Scan(Scan { op, axis, reverse }), self.dims().clone(), op.dtype(self.dtype()), inputs)
    }
}

impl Scan {
    /// The cotangent of `x` for `y = cumprod(x)`. Before the first zero it is `sum(g y) / x`, at it the sum of `g` times the
    /// products without it; after it all products are zero, and `sum(g y) / x` is so too, with the right gradient.
    fn prod_grad(&self, y: &Node, x: &Node, g: &Node) -> Node {
        let nil = x.constant_like(0.0);
        let one = x.constant_like(1.0);
        let is_zero = x.binary(Intrinsic::Eq, &nil);
        let sums = g.binary(Intrinsic::Mul, y).scan(ScanOp::Sum, self.axis, !self.reverse);
        let divided = sums.binary(Intrinsic::Div, &is_zero.select(&one, x));

        // Places count in the direction of the scan.
        let n = x.dims()[self.axis];
        let forward = Node::iota(x.dims().clone(), self.axis);
        let last = forward.constant_like(n as f64 - 1.0);
        let place = if self.reverse { last.binary(Intrinsic::Sub, &forward) } else { forward };
        let first = is_zero.select(&place, &place.constant_like(n as f64)).reduce_keep(ReduceOp::Min, [self.axis]);
        let first = first.expand(x.dims());
        let is_first = place.binary(Intrinsic::Eq, &first);
        let others = is_first.select(&one, x).scan(ScanOp::Prod, self.axis, self.reverse);
        let behind = place.binary(Intrinsic::Ge, &first).select(&g.binary(Intrinsic::Mul, &others), &nil);
        let at_first = behind.reduce_keep(ReduceOp::Sum, [self.axis]).expand(x.dims());
        is_zero.select(&is_first.select(&at_first, &nil), &divided)
    }

    /// The cotangent of `x` for `y = ln(cumsum(e^x))`: the sum of `g e^(x - y)` from there on, the positive and the negative
    /// part of `g` as logarithms, so that nothing overflows.
    fn log_sum_exp_grad(&self, y: &Node, x: &Node, g: &Node) -> Node {
        let (nil, one, none) = (x.constant_like(0.0), x.constant_like(1.0), x.constant_like(f64::NEG_INFINITY));
        let nothing = y.binary(Intrinsic::Eq, &none);
        let part = |g: &Node| {
            let is_part = g.binary(Intrinsic::Gt, &nil);
            let log = is_part.select(&is_part.select(g, &one).unary(Intrinsic::Log), &none);
            let weight = nothing.select(&none, &log.binary(Intrinsic::Sub, y));
            weight.scan(ScanOp::LogSumExp, self.axis, !self.reverse).binary(Intrinsic::Add, x).unary(Intrinsic::Exp)
        };
        part(g).binary(Intrinsic::Sub, &part(&g.unary(Intrinsic::Neg)))
    }
}

impl Prim for Scan {
    fn key(&self, words: &mut Vec<u64>) {
        words.push(self.op as u64 | (self.axis as u64) << 8 | (self.reverse as u64) << 16);
    }

    fn grad(&self, y: &Node, inputs: &[&Node], g: &Node, _i: usize) -> Option<Node> {
        let x = &inputs[0];
        let extremes = |op| g.scatter_add(self.axis, x.dims()[self.axis], &x.scan(op, self.axis, self.reverse));
        match self.op {
            ScanOp::Sum => Some(g.scan(ScanOp::Sum, self.axis, !self.reverse)),
            ScanOp::Prod => Some(self.prod_grad(y, x, g)),
            ScanOp::Max => Some(extremes(ScanOp::ArgMax)),
            ScanOp::Min => Some(extremes(ScanOp::ArgMin)),
            ScanOp::LogSumExp => Some(self.log_sum_exp_grad(y, x, g)),
            ScanOp::ArgMax | ScanOp::ArgMin => None,
        }
    }

    fn lower(&self, _y: &Node, inputs: &[Node], operands: &[Access]) -> Option<Kernel> {
        let dtype = inputs[0].dtype();
        let (dims, x) = (inputs[0].dims().to_vec(), operands[0].clone());
        Some(Kernel::Scan(device::Scan { op: self.op, dtype, dims, axis: self.axis, reverse: self.reverse, x }))
    }
}
