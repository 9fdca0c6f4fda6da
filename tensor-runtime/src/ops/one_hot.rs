//! one_hot: class indices as rows with a single 1.

use crate::dtype::Element;
use crate::error::Error;
use crate::graph::{Node, named, op_at, op_name};
use crate::prim::CheckKind;
use crate::tensor::Tensor;
use formwork_ir::{DType, Intrinsic};
use formwork_shapes::{Dim, InsertAxis, Shape};

impl<S: Shape> Tensor<S, i64> {
    /// 1 at the index and 0 elsewhere along a new last axis of `C` classes, literal: `torch.nn.functional.one_hot`, in any
    /// element type. An index outside `0..C` makes the evaluation fail.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U3};
    /// let labels = Tensor::<(U2,), i64>::new([2, 0], &Device::Cpu)?;
    /// assert_eq!(labels.one_hot::<U3, f32>().to_vec()?, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn one_hot<C: Dim, E: Element>(&self) -> Tensor<S::Out<C>, E>
    where
        S: InsertAxis<-1>,
    {
        let _op = named("one_hot");
        let index = self.node();
        let Some(classes) = C::SIZE else {
            let expected = "a literal number of classes".to_string();
            return Tensor::poisoned(Error::Shape { op: op_name(), expected, found: C::EXPR.to_string(), at: op_at() });
        };
        let bound = |n: usize| Node::constant(n as f64, index.dims().clone(), DType::I64);
        let inside = index
            .binary(Intrinsic::Ge, &bound(0))
            .binary(Intrinsic::And, &index.binary(Intrinsic::Lt, &bound(classes)));
        let mut dims = index.dims().clone();
        dims.push(1);
        let column = index.check(&inside, CheckKind::Class { classes }).reshape(&dims);
        let axis = index.rank();
        dims[axis] = classes;
        let hit = Node::iota(dims.clone(), axis).binary(Intrinsic::Eq, &column.expand(&dims));
        Tensor::stated(hit.cast(E::DTYPE))
    }
}
