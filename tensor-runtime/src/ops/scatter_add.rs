//! scatter_add: elements added where an index says.

use crate::dtype::Num;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{GatherIndex, Shape};

impl<S: Shape, E: Num> Tensor<S, E> {
    /// This tensor plus `src`, added at `index` along axis `I`: `y[i, index[i, j, k], k] += src[i, j, k]` for `I = 1`, and
    /// so on. `torch.scatter_add`. The sums have one order, so the bits do not depend on threads. An index outside the
    /// axis makes the evaluation fail.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U3};
    /// let index = Tensor::<(U3,), i64>::new([1, 0, 1], &Device::Cpu)?;
    /// let src = Tensor::<(U3,)>::new([1.0, 2.0, 3.0], &Device::Cpu)?;
    /// let counts = Tensor::<(U2,)>::zeros().scatter_add::<0, _>(&index, &src);
    /// assert_eq!(counts.to_vec()?, [2.0, 4.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn scatter_add<const I: isize, R: Shape + GatherIndex<S, I>>(
        &self,
        index: &Tensor<R, i64>,
        src: &Tensor<R, E>,
    ) -> Self {
        let _op = named("scatter_add");
        let (x, index, src, axis) = (self.node(), index.node(), src.node(), R::INDEX);
        let same = |(a, (n, m)): (usize, (&usize, &usize))| a == axis || n == m;
        if index.dims() != src.dims() {
            return Tensor::stated(index.dims_differ(src));
        }
        if !x.dims().iter().zip(src.dims()).enumerate().all(same) {
            return Tensor::stated(x.dims_differ(src));
        }
        let added = src.scatter_add(axis, x.dims()[axis], index);
        Tensor::of(x.binary(Intrinsic::Add, &added))
    }
}
