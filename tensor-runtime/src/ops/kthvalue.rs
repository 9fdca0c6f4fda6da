//! kthvalue: the element at a place in order.

use crate::dtype::Element;
use crate::error::Error;
use crate::graph::{Node, named, op_at, op_name};
use crate::tensor::Tensor;
use formwork_shapes::{Axis, Shape};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The `k`-th smallest element along axis `I`, which is dropped, and its index: `torch.kthvalue`; `k` counts from 1. Of
    /// equals the first come first; a NaN is larger than any number. A `k` that the axis does not have is an error at the
    /// first look.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U3};
    /// let x = Tensor::<(U2, U3)>::new([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0]], &Device::Cpu)?;
    /// let (values, indices) = x.kthvalue::<1>(2);
    /// assert_eq!(values.to_vec()?, [2.0, 5.0]);
    /// assert_eq!(indices.to_vec()?, [2, 2]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn kthvalue<const I: isize>(&self, k: usize) -> (Tensor<S::Remove, E>, Tensor<S::Remove, i64>)
    where
        S: Axis<I>,
    {
        let _op = named("kthvalue");
        let (x, axis) = (self.node(), <S as Axis<I>>::INDEX);
        let size = x.dims()[axis];
        if !(1..=size).contains(&k) {
            let message =
                format!("axis {axis} of {size} elements has no {k}-th smallest one; the smallest has number 1");
            let error = Error::Bounds { op: op_name(), message, at: op_at() };
            return (Tensor::poisoned(error.clone()), Tensor::poisoned(error));
        }
        let index = x.kth(axis, k);
        (Tensor::of(x.at(axis, &index)), Tensor::of(index.dropped(axis)))
    }
}

impl Node {
    /// The index along `axis`, kept with one element, of the `k`-th smallest.
    pub(super) fn kth(&self, axis: usize, k: usize) -> Node {
        self.argsort(axis, false, k - 1..k)
    }

    /// The elements at an `index` along `axis` of one element, which is dropped.
    pub(super) fn at(&self, axis: usize, index: &Node) -> Node {
        self.gather(axis, index).dropped(axis)
    }

    /// The same without `axis`, which has one element.
    pub(super) fn dropped(&self, axis: usize) -> Node {
        let mut dims = self.dims().clone();
        dims.remove(axis);
        self.reshape(&dims)
    }
}
