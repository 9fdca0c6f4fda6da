//! median: the element in the middle of the order.

use crate::dtype::Num;
use crate::error::Error;
use crate::graph::{Node, named, op_at, op_name};
use crate::tensor::Tensor;
use formwork_ir::{Intrinsic, ReduceOp};
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Num> Tensor<S, E> {
    /// The median of all elements, of two in the middle the lower; a NaN wins. `torch.median`. Of no elements it is an
    /// error at the first look.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U4;
    /// let x = Tensor::<(U4,)>::new([4.0, 1.0, 3.0, 2.0], &Device::Cpu)?;
    /// assert_eq!(x.median().item()?, 2.0);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn median(&self) -> Tensor<(), E> {
        let _op = named("median");
        match self.node().reshape(&[self.len()]).median_at(0) {
            Ok((value, _)) => Tensor::of(value),
            Err(error) => Tensor::poisoned(error),
        }
    }

    /// [`Tensor::median`] along axis `I`, which is dropped, and its index: the first of equals.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U3};
    /// let x = Tensor::<(U2, U3)>::new([[3.0, 1.0, 2.0], [4.0, f32::NAN, 5.0]], &Device::Cpu)?;
    /// let (values, indices) = x.median_axis::<1>();
    /// assert_eq!(values.to_vec()?[0], 2.0);
    /// assert!(values.to_vec()?[1].is_nan());
    /// assert_eq!(indices.to_vec()?, [2, 1]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn median_axis<const I: isize>(&self) -> (Tensor<S::Remove, E>, Tensor<S::Remove, i64>)
    where
        S: Axis<I>,
    {
        let _op = named("median");
        match self.node().median_at(<S as Axis<I>>::INDEX) {
            Ok((values, indices)) => (Tensor::of(values), Tensor::of(indices)),
            Err(error) => (Tensor::poisoned(error.clone()), Tensor::poisoned(error)),
        }
    }
}

impl Node {
    /// The medians along `axis`, which is dropped, and their indices.
    fn median_at(&self, axis: usize) -> Result<(Node, Node), Error> {
        let size = self.dims()[axis];
        if size == 0 {
            let message = format!("axis {axis} has no elements, and so no median");
            return Err(Error::Bounds { op: op_name(), message, at: op_at() });
        }
        let mut index = self.kth(axis, size.div_ceil(2));
        if self.dtype().is_float() {
            // The largest is a NaN if there is one, and the first.
            let largest = self.reduce_keep(ReduceOp::ArgMax, [axis]);
            let is_nan = self.detached().gather(axis, &largest);
            index = is_nan.binary(Intrinsic::Ne, &is_nan).select(&largest, &index);
        }
        Ok((self.at(axis, &index), index.dropped(axis)))
    }
}
