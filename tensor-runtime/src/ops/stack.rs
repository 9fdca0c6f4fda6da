//! stack: tensors of one shape along a new axis.

use super::concat::{concat, none};
use crate::dtype::Element;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_shapes::{ArrayLen, Dim, InsertAxis, Len, Shape};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// `LEN` tensors along a new axis `I`: `torch.stack`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2,)>::new([1.0, 2.0], &Device::Cpu)?;
    /// let y = Tensor::stack::<1, 2, _>([&x, &-&x]);
    /// assert_eq!(y.to_vec()?, [1.0, -1.0, 2.0, -2.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn stack<const I: isize, const LEN: usize, O: Shape>(tensors: [&Tensor<S, E>; LEN]) -> Tensor<O, E>
    where
        S: InsertAxis<I, Out<<Len<LEN> as ArrayLen>::Dim> = O>,
        Len<LEN>: ArrayLen,
    {
        let _op = named("stack");
        match LEN {
            0 => Tensor::poisoned(none()),
            _ => Tensor::stated(stack(&tensors.map(Tensor::node), <S as InsertAxis<I>>::INDEX)),
        }
    }

    /// All of `tensors` along a new axis `I`, of dim `D`.
    #[track_caller]
    pub fn stack_all<const I: isize, D: Dim>(tensors: &[Tensor<S, E>]) -> Tensor<S::Out<D>, E>
    where
        S: InsertAxis<I>,
    {
        let _op = named("stack_all");
        match tensors {
            [] => Tensor::poisoned(none()),
            _ => Tensor::stated(stack(
                &tensors.iter().map(Tensor::node).collect::<Vec<_>>(),
                <S as InsertAxis<I>>::INDEX,
            )),
        }
    }
}

fn stack(nodes: &[&Node], axis: usize) -> Node {
    let with_axis = |n: &&Node| {
        let mut dims = n.dims().clone();
        dims.insert(axis, 1);
        n.reshape(&dims)
    };
    let nodes: Vec<Node> = nodes.iter().map(with_axis).collect();
    concat(&nodes.iter().collect::<Vec<_>>(), axis)
}
