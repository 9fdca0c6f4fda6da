//! Several tensors as one value: what subgraphs are made from, and what they give.

use crate::dtype::Element;
use crate::graph::Node;
use crate::tensor::Tensor;
use formwork_shapes::Shape;

/// A tensor, or a tuple of up to four such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a tensor nor a tuple of tensors",
    note = "give a tensor, or a tuple of one to four: `(x.clone(), w.clone())`"
)]
pub trait Tensors: Sized {
    #[doc(hidden)]
    fn nodes(&self) -> Vec<Node>;
    /// From as many nodes as [`Tensors::nodes`] gives, of the same shapes.
    #[doc(hidden)]
    fn of_nodes(nodes: &mut dyn Iterator<Item = Node>) -> Self;
}

impl<S: Shape, E: Element> Tensors for Tensor<S, E> {
    fn nodes(&self) -> Vec<Node> {
        vec![self.node().clone()]
    }
    fn of_nodes(nodes: &mut dyn Iterator<Item = Node>) -> Self {
        nodes.next().map_or_else(Tensor::dry, Tensor::of)
    }
}

macro_rules! tuples {
    ($($T:ident $i:tt),+) => {
        impl<$($T: Tensors),+> Tensors for ($($T,)+) {
            fn nodes(&self) -> Vec<Node> {
                [$(self.$i.nodes()),+].concat()
            }
            fn of_nodes(nodes: &mut dyn Iterator<Item = Node>) -> Self {
                ($($T::of_nodes(nodes),)+)
            }
        }
    };
}

tuples! { A 0 }
tuples! { A 0, B 1 }
tuples! { A 0, B 1, C 2 }
tuples! { A 0, B 1, C 2, D 3 }
