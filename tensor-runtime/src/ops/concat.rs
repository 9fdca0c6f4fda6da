//! concat: tensors one behind the other along an axis. Each is padded to the whole and read where it
//! lies, so every bit is kept.

use crate::dtype::Element;
use crate::error::Error;
use crate::graph::{Node, named, op_at, op_name};
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{Axis, ConcatRhs, Dim, Shape};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// This tensor and then `rhs` along axis `I`; the other axes are equal. `torch.cat((x, y), i)`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U1, U2};
    /// let x = Tensor::<(U2,)>::new([1.0, 2.0], &Device::Cpu)?;
    /// let y = Tensor::<(U1,)>::new([3.0], &Device::Cpu)?;
    /// assert_eq!(x.concat::<0, _>(&y).to_vec()?, [1.0, 2.0, 3.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn concat<const I: isize, R: Shape + ConcatRhs<S, I>>(&self, rhs: &Tensor<R, E>) -> Tensor<R::Out, E> {
        let _op = named("concat");
        Tensor::stated(concat(&[self.node(), rhs.node()], R::INDEX))
    }

    /// All of `tensors`, one behind the other along axis `I`, which becomes `D`. The sizes along the axis may differ
    /// where it is a run-time dim.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, runtime_dim};
    /// runtime_dim!(All);
    /// let x = Tensor::<(U2,)>::new([1.0, 2.0], &Device::Cpu)?;
    /// let three = Tensor::concat_all::<0, All>(&[x.clone(), -&x, x.clone()]);
    /// assert_eq!(three.to_vec()?, [1.0, 2.0, -1.0, -2.0, 1.0, 2.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn concat_all<const I: isize, D: Dim>(tensors: &[Tensor<S, E>]) -> Tensor<<S as Axis<I>>::Set<D>, E>
    where
        S: Axis<I>,
    {
        let _op = named("concat_all");
        match tensors {
            [] => Tensor::poisoned(none()),
            _ => Tensor::stated(concat(&tensors.iter().map(Tensor::node).collect::<Vec<_>>(), <S as Axis<I>>::INDEX)),
        }
    }
}

/// The error of joining no tensor at all.
pub(super) fn none() -> Error {
    Error::Shape { op: op_name(), expected: "at least one tensor".into(), found: "none".into(), at: op_at() }
}

/// Tensors that one kernel puts together; more are put together in turns, so that the work for an
/// element does not grow with their number.
const TOGETHER: usize = 8;

/// `nodes`, of which there is one at least, along `axis`.
pub(super) fn concat(nodes: &[&Node], axis: usize) -> Node {
    if nodes.len() > TOGETHER {
        let each = nodes.len().div_ceil(TOGETHER).next_power_of_two();
        let parts: Vec<Node> = nodes.chunks(each).map(|part| concat(part, axis)).collect();
        return concat(&parts.iter().collect::<Vec<_>>(), axis);
    }
    let total: usize = nodes.iter().map(|n| n.dims()[axis]).sum();
    let mut dims = nodes[0].dims().clone();
    dims[axis] = total;
    let others = |n: &Node| n.dims().iter().zip(&dims).enumerate().all(|(a, (n, m))| a == axis || n == m);
    if let Some(other) = nodes.iter().find(|n| !others(n)) {
        return nodes[0].dims_differ(other);
    }
    let (mut joined, mut end) = (None::<Node>, 0);
    for node in nodes.iter().filter(|n| n.dims()[axis] > 0) {
        let size = node.dims()[axis];
        let padded = node.pad(axis, end, total - end - size);
        joined = Some(match joined {
            None => padded,
            Some(before) => {
                let bound = Node::constant(end as f64, dims.clone(), formwork_ir::DType::I64);
                Node::iota(dims.clone(), axis).binary(Intrinsic::Lt, &bound).select(&before, &padded)
            }
        });
        end += size;
    }
    joined.unwrap_or_else(|| nodes[0].clone())
}
