//! softmax, log_softmax and logsumexp along an axis. The largest element is taken off first, so none
//! overflows; it is a constant to the gradient, as its cotangents add up to zero.

use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::{Intrinsic, ReduceOp};
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// `e^x / sum(e^x)` along axis `I`.
    #[track_caller]
    pub fn softmax<const I: isize>(&self) -> Self
    where
        S: Axis<I>,
    {
        let _op = named("softmax");
        Tensor::of(self.node().softmax(<S as Axis<I>>::INDEX))
    }

    /// `x - ln(sum(e^x))` along axis `I`.
    #[track_caller]
    pub fn log_softmax<const I: isize>(&self) -> Self
    where
        S: Axis<I>,
    {
        let _op = named("log_softmax");
        let (x, axis) = (self.node(), <S as Axis<I>>::INDEX);
        let shifted = x.shifted(axis);
        Tensor::of(shifted.binary(Intrinsic::Sub, &shifted.log_sum(axis)))
    }

    /// `ln(sum(e^x))` along axis `I`, which is dropped.
    #[track_caller]
    pub fn logsumexp<const I: isize>(&self) -> Tensor<S::Remove, E>
    where
        S: Axis<I>,
    {
        let _op = named("logsumexp");
        let (x, axis) = (self.node(), <S as Axis<I>>::INDEX);
        let sum = x.shifted(axis).unary(Intrinsic::Exp).reduce(ReduceOp::Sum, [axis]).unary(Intrinsic::Log);
        Tensor::of(sum.binary(Intrinsic::Add, &x.detached().reduce(ReduceOp::Max, [axis])))
    }
}

impl Node {
    /// `x - max(x)` along `axis`, the maximum taken as a constant.
    pub(crate) fn shifted(&self, axis: usize) -> Node {
        self.binary(Intrinsic::Sub, &self.detached().reduce_keep(ReduceOp::Max, [axis]))
    }

    /// `ln(sum(e^x))` along `axis`, kept, for `x` that does not overflow.
    pub(crate) fn log_sum(&self, axis: usize) -> Node {
        self.unary(Intrinsic::Exp).reduce_keep(ReduceOp::Sum, [axis]).unary(Intrinsic::Log)
    }

    pub(crate) fn softmax(&self, axis: usize) -> Node {
        let e = self.shifted(axis).unary(Intrinsic::Exp);
        e.binary(Intrinsic::Div, &e.reduce_keep(ReduceOp::Sum, [axis]))
    }
}
