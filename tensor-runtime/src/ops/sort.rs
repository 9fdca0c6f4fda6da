//! sort: the elements in order, and where they come from.

use crate::dtype::Element;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The elements along axis `I` in ascending order, and their indices: `torch.sort` with `stable=True`. Equals stay in
    /// order; a NaN is larger than any number. The gradient goes where the elements come from.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U4;
    /// let x = Tensor::<(U4,)>::new([2.0, 3.0, 1.0, 2.0], &Device::Cpu)?;
    /// let (values, indices) = x.sort::<0>();
    /// assert_eq!(values.to_vec()?, [1.0, 2.0, 2.0, 3.0]);
    /// assert_eq!(indices.to_vec()?, [2, 0, 3, 1]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn sort<const I: isize>(&self) -> (Self, Tensor<S, i64>)
    where
        S: Axis<I>,
    {
        let _op = named("sort");
        let axis = <S as Axis<I>>::INDEX;
        let (values, indices) = self.node().sorted(axis, false, self.node().dims()[axis]);
        (Tensor::of(values), Tensor::of(indices))
    }

    /// [`Tensor::sort`] into descending order: `descending=True`. Equals stay in order, NaNs come first.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U4;
    /// let x = Tensor::<(U4,)>::new([2.0, 3.0, 1.0, 2.0], &Device::Cpu)?;
    /// let (values, indices) = x.sort_descending::<0>();
    /// assert_eq!(values.to_vec()?, [3.0, 2.0, 2.0, 1.0]);
    /// assert_eq!(indices.to_vec()?, [1, 0, 3, 2]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn sort_descending<const I: isize>(&self) -> (Self, Tensor<S, i64>)
    where
        S: Axis<I>,
    {
        let _op = named("sort");
        let axis = <S as Axis<I>>::INDEX;
        let (values, indices) = self.node().sorted(axis, true, self.node().dims()[axis]);
        (Tensor::of(values), Tensor::of(indices))
    }
}

impl Node {
    /// The first `keep` elements in order along `axis`, and their indices.
    pub(super) fn sorted(&self, axis: usize, descending: bool, keep: usize) -> (Node, Node) {
        let indices = self.argsort(axis, descending, 0..keep);
        (self.gather(axis, &indices), indices)
    }
}
