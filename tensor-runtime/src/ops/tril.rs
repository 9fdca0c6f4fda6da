//! tril and triu: the triangles of matrices.

use crate::dtype::Element;
use crate::graph::{Dims, Node, named};
use crate::prim::{Iota, Op};
use crate::tensor::Tensor;
use formwork_ir::{DType, Intrinsic};
use formwork_shapes::{Matrix, Shape};

impl<S: Shape + Matrix, E: Element> Tensor<S, E> {
    /// The elements on and below the diagonal of the last two axes, zeros above; `diagonal` moves it to the right.
    /// `torch.tril`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2, U2)>::new([[1.0, 2.0], [3.0, 4.0]], &Device::Cpu)?;
    /// assert_eq!(x.tril(0).to_vec()?, [1.0, 0.0, 3.0, 4.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn tril(&self, diagonal: isize) -> Self {
        let _op = named("tril");
        Tensor::of(self.node().triangle(Intrinsic::Le, diagonal))
    }

    /// The elements on and above the diagonal of the last two axes, zeros below; `diagonal` moves it to the right.
    /// `torch.triu`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U2;
    /// let x = Tensor::<(U2, U2)>::new([[1.0, 2.0], [3.0, 4.0]], &Device::Cpu)?;
    /// assert_eq!(x.triu(1).to_vec()?, [0.0, 2.0, 0.0, 0.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn triu(&self, diagonal: isize) -> Self {
        let _op = named("triu");
        Tensor::of(self.node().triangle(Intrinsic::Ge, diagonal))
    }
}

impl Node {
    /// This node where `column - row` is so related to `diagonal`, zeros elsewhere.
    fn triangle(&self, related: Intrinsic, diagonal: isize) -> Node {
        Node::columns_less_rows(self.dims().clone())
            .binary(related, &Node::number(diagonal as f64, DType::I64))
            .select(self, &self.constant_like(0.0))
    }

    /// `column - row` over the last two axes of a node of `dims`.
    pub(super) fn columns_less_rows(dims: Dims) -> Node {
        let r = dims.len();
        let strides = (0..r).map(|a| if a == r - 1 { 1 } else { -((a == r - 2) as i64) }).collect();
        Node::new(Op::Iota(Iota { strides }), dims, DType::I64, Default::default())
    }
}
