//! multinomial: indices drawn as often as probabilities say.

use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::random::Rng;
use crate::tensor::Tensor;
use formwork_ir::{DType, Intrinsic, ReduceOp};
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// An index for each row of the last axis, drawn with probabilities in proportion to its elements: `[.., C] -> [..]`.
    /// `torch.multinomial(x, 1)`. An element of 0 is never drawn; weights need not add up to 1, and none may be negative.
    ///
    /// ```
    /// use formwork_runtime::{Device, Rng, Tensor};
    /// use formwork_shapes::{U2, U3};
    /// let weights = Tensor::<(U2, U3)>::new([[0.0, 2.0, 0.0], [1.0, 0.0, 0.0]], &Device::Cpu)?;
    /// assert_eq!(weights.multinomial(&mut Rng::seed(1)).to_vec()?, [1, 0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn multinomial(&self, rng: &mut Rng) -> Tensor<<S as Axis<-1>>::Remove, i64>
    where
        S: Axis<-1>,
    {
        let _op = named("multinomial");
        let weights = self.node().cast(if E::DTYPE == DType::F64 { DType::F64 } else { DType::F32 });
        // Times that exponential clocks of these rates take to ring are in proportion to 1 / weight: the first to ring
        // is a draw. Half a step of the uniform numbers keeps a time from being 0.
        let uniform = rng.uniform::<S, f32>(self.node().dims());
        let left = Node::number(1.0, DType::F32).binary(Intrinsic::Sub, uniform.node());
        let time = left.unary(Intrinsic::Log).unary(Intrinsic::Neg).binary_number(Intrinsic::Max, 0.5f64.powi(25));
        let rate = weights.binary(Intrinsic::Div, &time.cast(weights.dtype()));
        Tensor::of(rate.reduce(ReduceOp::ArgMax, [<S as Axis<-1>>::INDEX]))
    }
}
