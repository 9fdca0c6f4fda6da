//! cumsum: running sums.

use crate::device::ScanOp;
use crate::dtype::Num;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Num> Tensor<S, E> {
    /// `y[i] = x[0] + .. + x[i]` along axis `I`: `torch.cumsum`, which makes i64 of small integers; here they wrap, so
    /// `cast` before. Floats are added up in f64.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U3};
    /// let x = Tensor::<(U2, U3)>::new([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], &Device::Cpu)?;
    /// assert_eq!(x.cumsum::<1>().to_vec()?, [1.0, 3.0, 6.0, 4.0, 9.0, 15.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn cumsum<const I: isize>(&self) -> Self
    where
        S: Axis<I>,
    {
        let _op = named("cumsum");
        Tensor::of(self.node().scan(ScanOp::Sum, <S as Axis<I>>::INDEX, false))
    }
}
