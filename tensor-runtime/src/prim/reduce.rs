//! reduce: some axes of a node become one element each. The reduced axes are dropped.

use super::{Op, Prim};
use crate::graph::{Dims, Inputs, Node};
use formwork_ir::{DType, Intrinsic, ReduceOp};

/// A reduction over the axes in `axes`, a bit each.
#[derive(Clone, Debug)]
pub struct Reduce {
    pub op: ReduceOp,
    pub axes: u32,
}

impl Reduce {
    pub(crate) fn is_reduced(&self, axis: usize) -> bool {
        self.axes >> axis & 1 == 1
    }
}

impl Node {
    /// The reduction of this node over `axes`, which are dropped.
    pub(crate) fn reduce(&self, op: ReduceOp, axes: impl IntoIterator<Item = usize>) -> Node {
        let axes = axes.into_iter().fold(0, |bits, a| bits | 1 << a);
        let reduce = Reduce { op, axes };
        if axes == 0 && !matches!(op, ReduceOp::ArgMax | ReduceOp::ArgMin) {
            return self.clone();
        }
        let dims = kept(&reduce, self.dims());
        let dtype = match op {
            ReduceOp::ArgMax | ReduceOp::ArgMin => DType::I64,
            _ => self.dtype(),
        };
        Node::new(Op::Reduce(reduce), dims, dtype, Inputs::from_iter([self.clone()]))
    }

    /// The same, the reduced axes kept with one element.
    pub(crate) fn reduce_keep(&self, op: ReduceOp, axes: impl IntoIterator<Item = usize> + Clone) -> Node {
        let mut dims = self.dims().clone();
        axes.clone().into_iter().for_each(|a| dims[a] = 1);
        self.reduce(op, axes).reshape(&dims)
    }
}

fn kept(reduce: &Reduce, dims: &Dims) -> Dims {
    dims.iter().enumerate().filter(|(a, _)| !reduce.is_reduced(*a)).map(|(_, &n)| n).collect()
}

impl Prim for Reduce {
    fn key(&self, words: &mut Vec<u64>) {
        words.push(self.op as u64 | (self.axes as u64) << 8);
    }

    fn grad(&self, y: &Node, inputs: &[&Node], g: &Node, _i: usize) -> Option<Node> {
        let x = &inputs[0];
        let mut ones = x.dims().clone();
        (0..x.rank()).filter(|&a| self.is_reduced(a)).for_each(|a| ones[a] = 1);
        let spread = |n: &Node| n.reshape(&ones).expand(x.dims());
        let axes = (0..x.rank()).filter(|&a| self.is_reduced(a));
        match self.op {
            ReduceOp::Sum => Some(spread(g)),
            // Every other factor: by division where no factor is zero, by the product of the others
            // where one is, zero where more are.
            ReduceOp::Prod => {
                let zero = x.binary(Intrinsic::Eq, &x.constant_like(0.0));
                let factors = zero.select(&x.constant_like(1.0), x);
                let product = spread(&factors.reduce(ReduceOp::Prod, axes.clone()));
                let zeros = spread(&zero.cast(x.dtype()).reduce(ReduceOp::Sum, axes));
                let none = zeros.binary(Intrinsic::Eq, &zeros.constant_like(0.0));
                let one = zeros.binary(Intrinsic::Eq, &zeros.constant_like(1.0));
                let nil = x.constant_like(0.0);
                let others = zero
                    .select(&one.select(&product, &nil), &none.select(&product.binary(Intrinsic::Div, &factors), &nil));
                Some(spread(g).binary(Intrinsic::Mul, &others))
            }
            // All of it goes to the first extreme, as `max` over one axis does in PyTorch: the least number of an
            // element that is `y`, or a NaN, since then `y` is one.
            ReduceOp::Max | ReduceOp::Min => {
                let here = Node::iota_over(x.dims().clone(), |a| self.is_reduced(a));
                let is_extreme = x.binary(Intrinsic::Eq, &spread(y)).binary(Intrinsic::Or, &x.binary(Intrinsic::Ne, x));
                let none = here.constant_like(i64::MAX as f64);
                let first = spread(&is_extreme.select(&here, &none).reduce(ReduceOp::Min, axes));
                Some(here.binary(Intrinsic::Eq, &first).select(&spread(g), &x.constant_like(0.0)))
            }
            ReduceOp::ArgMax | ReduceOp::ArgMin | ReduceOp::Any | ReduceOp::All => None,
        }
    }

    fn flops(&self, _y: &Node, inputs: &[Node]) -> u64 {
        inputs[0].len() as u64
    }
}
