//! Losses of two tensors of one shape: the mean over all elements, PyTorch's default, the sum, or a
//! loss an element. An operation's file gives its formula.

/// `$sum` and `$none`, by the loss of one element `$body`. The file writes `$mean` out, so that its errors show a function.
macro_rules! loss {
    ($mean:ident $sum:ident $none:ident ($($arg:ident: $t:ty),*) |$x:ident, $y:ident| $body:expr) => {
        impl<S: formwork_shapes::Shape, E: crate::dtype::Float> crate::tensor::Tensor<S, E> {
            #[doc = concat!("[`Tensor::", stringify!($mean), "`](crate::Tensor::", stringify!($mean), ") with the sum over all elements.")]
            #[track_caller]
            pub fn $sum<R>(&self, target: impl AsRef<crate::tensor::Tensor<R, E>> $(, $arg: $t)*) -> crate::tensor::Tensor<(), E>
            where
                R: formwork_shapes::Shape + formwork_shapes::SameShape<S>,
            {
                let _op = crate::graph::named(stringify!($mean));
                self.$none(target $(, $arg)*).sum()
            }

            #[doc = concat!("[`Tensor::", stringify!($mean), "`](crate::Tensor::", stringify!($mean), ") of each element.")]
            #[track_caller]
            pub fn $none<R>(&self, target: impl AsRef<crate::tensor::Tensor<R, E>> $(, $arg: $t)*) -> Self
            where
                R: formwork_shapes::Shape + formwork_shapes::SameShape<S>,
            {
                let _op = crate::graph::named(stringify!($mean));
                let ($x, $y) = (self.node(), target.as_ref().node());
                if $x.dims() != $y.dims() {
                    return crate::tensor::Tensor::of($x.dims_differ($y));
                }
                crate::tensor::Tensor::of($body)
            }
        }
    };
}
pub(super) use loss;
