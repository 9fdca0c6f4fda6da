//! split: an axis in two parts.

use crate::dtype::Element;
use crate::error::Error;
use crate::graph::{named, op_at, op_name};
use crate::tensor::{Tensor, resolve};
use formwork_shapes::{Dim, Shape, SplitAxis};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The first `A` and the last `B` elements of axis `I`, which together are all: `torch.split(x, [a, b], i)`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U1, U2, U3};
    /// let x = Tensor::<(U3,)>::new([1.0, 2.0, 3.0], &Device::Cpu)?;
    /// let (left, right) = x.split::<0, U2, U1>();
    /// assert_eq!((left.to_vec()?, right.to_vec()?), (vec![1.0, 2.0], vec![3.0]));
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn split<const I: isize, A: Dim, B: Dim>(
        &self,
    ) -> (Tensor<<S as SplitAxis<A, B, I>>::Left, E>, Tensor<<S as SplitAxis<A, B, I>>::Right, E>)
    where
        S: SplitAxis<A, B, I>,
    {
        let _op = named("split");
        let (x, axis) = (self.node(), <S as SplitAxis<A, B, I>>::INDEX);
        let size = x.dims()[axis];
        let error = match resolve(&[A::EXPR, B::EXPR], &[(S::DIMS, x.dims())]).as_deref() {
            Ok(&[a, b]) if a + b == size => {
                return (Tensor::stated(x.slice(axis, 0, a, 1)), Tensor::stated(x.slice(axis, a, b, 1)));
            }
            Ok(parts) => {
                let message = format!("parts of {parts:?} elements do not make up axis {axis} of {size} elements");
                Error::Bounds { op: op_name(), message, at: op_at() }
            }
            Err(error) => error.clone(),
        };
        (Tensor::poisoned(error.clone()), Tensor::poisoned(error))
    }
}
