//! cumprod: running products.

use crate::device::ScanOp;
use crate::dtype::Num;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Num> Tensor<S, E> {
    /// `y[i] = x[0] * .. * x[i]` along axis `I`: `torch.cumprod`, which makes i64 of small integers; here they wrap, so
    /// `cast` before. The gradient is right at zeros too, the second one where a line has at most one zero.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U4;
    /// let x = Tensor::<(U4,)>::new([1.0, 2.0, 3.0, 4.0], &Device::Cpu)?;
    /// assert_eq!(x.cumprod::<0>().to_vec()?, [1.0, 2.0, 6.0, 24.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn cumprod<const I: isize>(&self) -> Self
    where
        S: Axis<I>,
    {
        let _op = named("cumprod");
        Tensor::of(self.node().scan(ScanOp::Prod, <S as Axis<I>>::INDEX, false))
    }
}
