//! matmul: the matrix product over the last two axes.

use super::compute::computed;
use crate::dtype::{Float, SameElement};
use crate::graph::{Dims, Node, named};
use crate::prim::broadcast_dims;
use crate::tensor::Tensor;
use formwork_shapes::{MatMulRhs, Shape};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The matrix product `[.., N, K] x [.., K, M] -> [.., N, M]`; the axes before broadcast, as in
    /// `torch.matmul` for ranks from 2.
    #[track_caller]
    pub fn matmul<R, F>(&self, rhs: &Tensor<R, F>) -> Tensor<R::Out, E>
    where
        R: Shape + MatMulRhs<S>,
        F: SameElement<E>,
    {
        let _op = named("matmul");
        Tensor::of(computed([self.node(), rhs.node()], |[x, y]| x.matmul(y)))
    }
}

impl Node {
    pub(crate) fn matmul(&self, rhs: &Node) -> Node {
        let (l, r) = (self.rank(), rhs.rank());
        let (k, m) = (self.dims()[l - 1], rhs.dims()[r - 1]);
        if k != rhs.dims()[r - 2] {
            return self.dims_differ(rhs);
        }
        if r == 2 {
            // One product over all rows, whatever the axes before.
            let rows: usize = self.dims()[..l - 1].iter().product();
            let mut dims: Dims = self.dims().clone();
            dims[l - 1] = m;
            return self.reshape(&[rows, k]).contract(rhs).reshape(&dims);
        }
        let batch = match broadcast_dims(&self.dims()[..l - 2], &rhs.dims()[..r - 2]) {
            Some(batch) => batch,
            None => return self.dims_differ(rhs),
        };
        let with = |n: &Node| -> Dims { batch.iter().chain(&n.dims()[n.rank() - 2..]).copied().collect() };
        self.expand(&with(self)).contract(&rhs.expand(&with(rhs)))
    }
}
