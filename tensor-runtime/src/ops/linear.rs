//! linear: a matrix product with a transposed weight, and a bias.

use super::compute::computed;
use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{Axis, Dim, Shape};

impl<S: Shape + Axis<-1>, E: Float> Tensor<S, E> {
    /// `x weight^T + bias` over the last axis: `[.., I] x [O, I] + [O] -> [.., O]`. `torch.nn.functional.linear`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U1, U2};
    /// let x = Tensor::<(U2,)>::new([1.0, 2.0], &Device::Cpu)?;
    /// let weight = Tensor::<(U1, U2)>::new([[3.0, 4.0]], &Device::Cpu)?;
    /// let bias = Tensor::<(U1,)>::new([0.5], &Device::Cpu)?;
    /// assert_eq!(x.linear(&weight, Some(&bias)).to_vec()?, [11.5]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn linear<O: Dim>(
        &self,
        weight: &Tensor<(O, S::Dim), E>,
        bias: Option<&Tensor<(O,), E>>,
    ) -> Tensor<S::Set<O>, E> {
        let _op = named("linear");
        let product = |x: &Node, w: &Node| x.matmul(&w.transposed());
        let (x, w) = (self.node(), weight.node());
        Tensor::stated(match bias {
            Some(b) => computed([x, w, b.node()], |[x, w, b]| product(x, w).binary(Intrinsic::Add, b)),
            None => computed([x, w], |[x, w]| product(x, w)),
        })
    }
}
