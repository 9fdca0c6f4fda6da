//! argsort: where the elements in order come from.

use crate::dtype::Element;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The indices along axis `I` that bring its elements into ascending order: `torch.argsort` with `stable=True`. Equals
    /// stay in order; a NaN is larger than any number.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U4;
    /// let x = Tensor::<(U4,)>::new([2.0, 3.0, 1.0, 2.0], &Device::Cpu)?;
    /// assert_eq!(x.argsort::<0>().to_vec()?, [2, 0, 3, 1]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn argsort<const I: isize>(&self) -> Tensor<S, i64>
    where
        S: Axis<I>,
    {
        let _op = named("argsort");
        let (x, axis) = (self.node(), <S as Axis<I>>::INDEX);
        Tensor::of(x.argsort(axis, false, 0..x.dims()[axis]))
    }

    /// [`Tensor::argsort`] into descending order: `descending=True`. Equals stay in order, NaNs come first.
    #[track_caller]
    pub fn argsort_descending<const I: isize>(&self) -> Tensor<S, i64>
    where
        S: Axis<I>,
    {
        let _op = named("argsort");
        let (x, axis) = (self.node(), <S as Axis<I>>::INDEX);
        Tensor::of(x.argsort(axis, true, 0..x.dims()[axis]))
    }
}
