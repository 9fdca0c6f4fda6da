//! Several tensors as one value: what subgraphs are made from, and what they give.

use crate::device::Spec;
use crate::dtype::Element;
use crate::graph::Node;
use crate::tensor::{Tensor, fits, solve};
use formwork_shapes::{Shape, Symbol};

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
    /// Whether the next of `specs` are of these shapes and elements; the sizes of run-time dims become known.
    #[doc(hidden)]
    fn fit(specs: &mut dyn Iterator<Item = &Spec>, known: &mut Vec<(Symbol, usize)>) -> bool;
}

impl<S: Shape, E: Element> Tensors for Tensor<S, E> {
    fn nodes(&self) -> Vec<Node> {
        vec![self.node().clone()]
    }
    fn of_nodes(nodes: &mut dyn Iterator<Item = Node>) -> Self {
        nodes.next().map_or_else(Tensor::dry, Tensor::of)
    }
    fn fit(specs: &mut dyn Iterator<Item = &Spec>, known: &mut Vec<(Symbol, usize)>) -> bool {
        let Some(spec) = specs.next().filter(|s| s.dtype == E::DTYPE && fits::<S>(&s.dims)) else { return false };
        S::DIMS.iter().zip(&spec.dims).for_each(|(dim, &n)| solve(dim, n, known));
        let size = |s: &Symbol| known.iter().find(|k| k.0 == *s).map(|k| k.1);
        S::DIMS.iter().zip(&spec.dims).all(|(dim, &n)| dim.size(&size) == Some(n))
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
            fn fit(specs: &mut dyn Iterator<Item = &Spec>, known: &mut Vec<(Symbol, usize)>) -> bool {
                $($T::fit(specs, known))&&+
            }
        }
    };
}

tuples! { A 0 }
tuples! { A 0, B 1 }
tuples! { A 0, B 1, C 2 }
tuples! { A 0, B 1, C 2, D 3 }
