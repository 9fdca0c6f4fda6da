//! masked_fill: a value where a mask is true.

use crate::dtype::Element;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_shapes::{self as rule, ExpandFrom, Shape};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// `value` where `mask`, which broadcasts to this shape, is true; this tensor elsewhere. `torch.masked_fill`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([1.0, 2.0], &Device::Cpu)?;
    /// let mask = Tensor::<(U2,), bool>::new([false, true], &Device::Cpu)?;
    /// assert_eq!(x.masked_fill(&mask, f32::NEG_INFINITY).to_vec()?, [1.0, f32::NEG_INFINITY]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn masked_fill<M: Shape>(&self, mask: &Tensor<M, bool>, value: E) -> Self
    where
        S: ExpandFrom<M, rule::masked_fill>,
    {
        let _op = named("masked_fill");
        Tensor::stated(mask.node().select(&Node::number(value.to_f64(), E::DTYPE), self.node()))
    }
}
