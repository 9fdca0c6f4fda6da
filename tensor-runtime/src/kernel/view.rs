//! What a launch takes as an argument for a view.

use crate::dtype::Element;
use crate::graph::Node;
use crate::params::Param;
use crate::tensor::Tensor;
use formwork_shapes::Shape;

mod sealed {
    pub trait Sealed {}
}

/// An argument for a parameter `&Array<E, S>`: a `&Tensor<S, E>`, a `Tensor<S, E>` or a `&Param<S, E>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument for a view of `{E}` with shape `{S}`",
    label = "expected a tensor of `{E}` with shape `{S}`",
    note = "give a `&Tensor`, a `Tensor` or a `&Param`; `cast` converts elements, `reshape` and its kin shapes"
)]
pub trait View<E: Element, S: Shape>: sealed::Sealed {
    #[doc(hidden)]
    fn node(&self) -> Node;
}

macro_rules! views {
    ($($t:ty, |$x:ident| $node:expr;)*) => { $(
        impl<S: Shape, E: Element> sealed::Sealed for $t {}
        #[diagnostic::do_not_recommend]
        impl<S: Shape, E: Element> View<E, S> for $t {
            fn node(&self) -> Node {
                let $x = self;
                $node
            }
        }
    )* };
}

views! {
    &Tensor<S, E>, |x| Tensor::node(x).clone();
    Tensor<S, E>, |x| Tensor::node(x).clone();
    &Param<S, E>, |x| Tensor::node(x.tensor()).clone();
}
