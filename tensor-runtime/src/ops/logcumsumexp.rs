//! logcumsumexp: logarithms of running sums of exponentials.

use crate::device::ScanOp;
use crate::dtype::Float;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// `y[i] = ln(e^x[0] + .. + e^x[i])` along axis `I`, and no exponential overflows: `torch.logcumsumexp`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U3;
    /// let x = Tensor::<(U3,)>::new([1000.0, 1000.0, 0.0], &Device::Cpu)?;
    /// let above = 1000.0 + std::f32::consts::LN_2;
    /// assert_eq!(x.logcumsumexp::<0>().to_vec()?, [1000.0, above, above]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn logcumsumexp<const I: isize>(&self) -> Self
    where
        S: Axis<I>,
    {
        let _op = named("logcumsumexp");
        Tensor::of(self.node().scan(ScanOp::LogSumExp, <S as Axis<I>>::INDEX, false))
    }
}
