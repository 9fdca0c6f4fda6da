//! topk: the largest elements, and where they are.

use crate::dtype::Element;
use crate::error::Error;
use crate::graph::{named, op_at, op_name};
use crate::tensor::Tensor;
use formwork_shapes::{Dim, Shape, TopAxis};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The `K` largest elements along axis `I`, in descending order, and their indices: `torch.topk`. Of equals the first
    /// come first, which PyTorch leaves open; a NaN is larger than any number. On an axis known at run time only, too few
    /// elements are an error at the first look.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U4};
    /// let x = Tensor::<(U4,)>::new([2.0, 3.0, 1.0, 2.0], &Device::Cpu)?;
    /// let (values, indices) = x.topk::<0, U2>();
    /// assert_eq!(values.to_vec()?, [3.0, 2.0]);
    /// assert_eq!(indices.to_vec()?, [1, 0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn topk<const I: isize, K: Dim>(
        &self,
    ) -> (Tensor<<S as TopAxis<K, I>>::Out, E>, Tensor<<S as TopAxis<K, I>>::Out, i64>)
    where
        S: TopAxis<K, I>,
    {
        let _op = named("topk");
        self.first::<K, _>(<S as TopAxis<K, I>>::INDEX, true)
    }

    /// The `K` smallest elements along axis `I`, in ascending order, and their indices: [`Tensor::topk`] with
    /// `largest=False`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U4};
    /// let x = Tensor::<(U4,)>::new([2.0, 3.0, 1.0, 2.0], &Device::Cpu)?;
    /// let (values, indices) = x.topk_smallest::<0, U2>();
    /// assert_eq!(values.to_vec()?, [1.0, 2.0]);
    /// assert_eq!(indices.to_vec()?, [2, 0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn topk_smallest<const I: isize, K: Dim>(
        &self,
    ) -> (Tensor<<S as TopAxis<K, I>>::Out, E>, Tensor<<S as TopAxis<K, I>>::Out, i64>)
    where
        S: TopAxis<K, I>,
    {
        let _op = named("topk");
        self.first::<K, _>(<S as TopAxis<K, I>>::INDEX, false)
    }

    fn first<K: Dim, R: Shape>(&self, axis: usize, descending: bool) -> (Tensor<R, E>, Tensor<R, i64>) {
        let (k, size) = (K::SIZE.unwrap_or(0), self.node().dims()[axis]);
        if k > size {
            let message = format!("axis {axis} of {size} elements does not have {k} to choose");
            let error = Error::Bounds { op: op_name(), message, at: op_at() };
            return (Tensor::poisoned(error.clone()), Tensor::poisoned(error));
        }
        let (values, indices) = self.node().sorted(axis, descending, k);
        (Tensor::of(values), Tensor::of(indices))
    }
}
