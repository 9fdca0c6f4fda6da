//! Losses of two tensors of one shape: the mean over all elements, PyTorch's default, the sum, or a
//! loss an element. An operation's file gives its formula.

use crate::dtype::SameElement;
use crate::tensor::AsTensor;
use formwork_shapes::SameShape;

/// What a prediction of shape `S` and elements `E` is compared with: a tensor of the same.
// The shape waits for the elements, so that the first mistake is the one error.
pub trait Target<S, E>: AsTensor {}
impl<S, E, T: AsTensor> Target<S, E> for T
where
    T::Element: SameElement<E>,
    <T::Element as SameElement<E>>::Next<T::Shape>: SameShape<S>,
{
}

/// `$sum` and `$none`, by the loss of one element `$body`. The file writes `$mean` out, so that its errors show a function.
macro_rules! loss {
    ($mean:ident $sum:ident $none:ident ($($arg:ident: $t:ty),*) |$x:ident, $y:ident| $body:expr) => {
        impl<S: formwork_shapes::Shape, E: crate::dtype::Float> crate::tensor::Tensor<S, E> {
            #[doc = concat!("[`Tensor::", stringify!($mean), "`](crate::Tensor::", stringify!($mean), ") with the sum over all elements.")]
            #[track_caller]
            pub fn $sum<T>(&self, target: T $(, $arg: $t)*) -> crate::tensor::Tensor<(), E>
            where
                T: crate::ops::Target<S, E>,
            {
                let _op = crate::graph::named(stringify!($mean));
                self.$none(target $(, $arg)*).sum()
            }

            #[doc = concat!("[`Tensor::", stringify!($mean), "`](crate::Tensor::", stringify!($mean), ") of each element.")]
            #[track_caller]
            pub fn $none<T>(&self, target: T $(, $arg: $t)*) -> Self
            where
                T: crate::ops::Target<S, E>,
            {
                let _op = crate::graph::named(stringify!($mean));
                let ($x, $y) = (self.node(), target.as_tensor().node());
                if $x.dims() != $y.dims() {
                    return crate::tensor::Tensor::of($x.dims_differ($y));
                }
                crate::tensor::Tensor::of($body)
            }
        }
    };
}
pub(super) use loss;
