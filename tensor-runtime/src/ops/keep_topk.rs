//! keep_topk: only the largest of each row stay in a draw.

use crate::dtype::Float;
use crate::error::Error;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The elements that are not below the `k`-th largest along axis `I`; all others become -inf, so that a softmax gives
    /// them 0. Equals of the `k`-th stay too; a `k` of more than the axis has keeps all. A `k` of 0 is an error at the
    /// first look.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U4;
    /// let logits = Tensor::<(U4,)>::new([0.5, 2.0, -1.0, 1.0], &Device::Cpu)?;
    /// let none = f32::NEG_INFINITY;
    /// assert_eq!(logits.keep_topk::<-1>(2).to_vec()?, [none, 2.0, none, 1.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn keep_topk<const I: isize>(&self, k: usize) -> Self
    where
        S: Axis<I>,
    {
        let _op = named("keep_topk");
        if k == 0 {
            let expected = "at least 1, of which a draw can choose".to_string();
            return Tensor::poisoned(Error::Setting { name: "k", found: "0".to_string(), expected });
        }
        let (x, axis) = (self.node(), <S as Axis<I>>::INDEX);
        if k >= x.dims()[axis] {
            return self.clone();
        }
        let bound = x.gather(axis, &x.argsort(axis, true, k - 1..k)).expand(x.dims());
        Tensor::of(x.binary(Intrinsic::Lt, &bound).select(&x.constant_like(f64::NEG_INFINITY), x))
    }
}
