//! gather: elements by index along an axis.

use crate::dtype::Element;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_shapes::{GatherIndex, Shape};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// `y[i, j, k] = x[i, index[i, j, k], k]` for axis `I = 1`, and so on: `torch.gather`. The index has the shape of the
    /// result and agrees with this tensor on all axes but `I`. An index outside the axis makes the evaluation fail.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U1, U2, U3};
    /// let x = Tensor::<(U2, U3)>::new([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], &Device::Cpu)?;
    /// let index = Tensor::<(U2, U1), i64>::new([[2], [0]], &Device::Cpu)?;
    /// assert_eq!(x.gather::<1, _>(&index).to_vec()?, [3.0, 4.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn gather<const I: isize, R: Shape + GatherIndex<S, I>>(&self, index: &Tensor<R, i64>) -> Tensor<R, E> {
        let _op = named("gather");
        let (x, index, axis) = (self.node(), index.node(), R::INDEX);
        let same = |(a, (n, m)): (usize, (&usize, &usize))| a == axis || n == m;
        match x.dims().iter().zip(index.dims()).enumerate().all(same) {
            true => Tensor::of(x.gather(axis, index)),
            false => Tensor::stated(x.dims_differ(index)),
        }
    }
}
