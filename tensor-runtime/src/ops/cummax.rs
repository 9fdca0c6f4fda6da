//! cummax and cummin: the extremes so far.

use crate::device::ScanOp;
use crate::dtype::Num;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Num> Tensor<S, E> {
    /// The largest of `x[0], .., x[i]` along axis `I`, and where it is, the last of equals; a NaN wins. The gradient goes to
    /// that element. `torch.cummax`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U4;
    /// let x = Tensor::<(U4,)>::new([1.0, 3.0, 2.0, 3.0], &Device::Cpu)?;
    /// let (values, indices) = x.cummax::<0>();
    /// assert_eq!(values.to_vec()?, [1.0, 3.0, 3.0, 3.0]);
    /// assert_eq!(indices.to_vec()?, [0, 1, 1, 3]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn cummax<const I: isize>(&self) -> (Self, Tensor<S, i64>)
    where
        S: Axis<I>,
    {
        let _op = named("cummax");
        let (x, axis) = (self.node(), <S as Axis<I>>::INDEX);
        (Tensor::of(x.scan(ScanOp::Max, axis, false)), Tensor::of(x.scan(ScanOp::ArgMax, axis, false)))
    }

    /// The smallest of `x[0], .., x[i]` along axis `I`, and where it is, the last of equals; a NaN wins. The gradient goes to
    /// that element. `torch.cummin`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U4;
    /// let x = Tensor::<(U4,)>::new([3.0, 1.0, 2.0, 1.0], &Device::Cpu)?;
    /// let (values, indices) = x.cummin::<0>();
    /// assert_eq!(values.to_vec()?, [3.0, 1.0, 1.0, 1.0]);
    /// assert_eq!(indices.to_vec()?, [0, 1, 1, 3]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn cummin<const I: isize>(&self) -> (Self, Tensor<S, i64>)
    where
        S: Axis<I>,
    {
        let _op = named("cummin");
        let (x, axis) = (self.node(), <S as Axis<I>>::INDEX);
        (Tensor::of(x.scan(ScanOp::Min, axis, false)), Tensor::of(x.scan(ScanOp::ArgMin, axis, false)))
    }
}
