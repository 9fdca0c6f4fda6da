//! index_select: whole slices by index along an axis.

use crate::dtype::Element;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_shapes::{SelectIndex, Shape};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The slices `index[0]`, `index[1]`, ... of axis `I`: `torch.index_select`. An index outside the axis makes the
    /// evaluation fail.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U3};
    /// let x = Tensor::<(U3, U2)>::new([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], &Device::Cpu)?;
    /// let index = Tensor::<(U2,), i64>::new([2, 2], &Device::Cpu)?;
    /// assert_eq!(x.index_select::<0, _>(&index).to_vec()?, [5.0, 6.0, 5.0, 6.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn index_select<const I: isize, R: Shape + SelectIndex<S, I>>(
        &self,
        index: &Tensor<R, i64>,
    ) -> Tensor<R::Out, E> {
        let _op = named("index_select");
        Tensor::of(self.node().index_select(R::INDEX, index.node()))
    }
}

impl Node {
    /// The slices of `axis` at an index of one axis.
    pub(crate) fn index_select(&self, axis: usize, index: &Node) -> Node {
        let mut dims = self.dims().clone();
        dims[axis] = index.len();
        let mut column: crate::graph::Dims = dims.iter().map(|_| 1).collect();
        column[axis] = index.len();
        self.gather(axis, &index.reshape(&column).expand(&dims))
    }
}
