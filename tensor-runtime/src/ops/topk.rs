//! topk: the largest elements, and where they are.

use crate::dtype::Element;
use crate::error::Error;
use crate::graph::{Node, named, op_at, op_name};
use crate::prim::{Gradient, Rule};
use crate::tensor::Tensor;
use formwork_shapes::{Dim, Shape, TopAxis};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// The `K` largest elements along axis `I`, in descending order, and their indices: `torch.topk`. Of equals the first
    /// come first, which PyTorch leaves open; a NaN is larger than any number. On an axis known at run time only, too few
    /// elements are an error at the first look.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U4};
    /// let x = Tensor::<(U4,)>::new([2.0, 3.0, 1.0, 2.0], &Device::Cpu)?;
    /// let (values, indices) = x.topk::<0, U2>();
    /// assert_eq!(values.to_vec()?, [3.0, 2.0]);
    /// assert_eq!(indices.to_vec()?, [1, 0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn topk<const I: isize, K: Dim>(
        &self,
    ) -> (Tensor<<S as TopAxis<K, I>>::Out, E>, Tensor<<S as TopAxis<K, I>>::Out, i64>)
    where
        S: TopAxis<K, I>,
    {
        let _op = named("topk");
        self.first::<K, _>(<S as TopAxis<K, I>>::INDEX, true)
    }

    /// The `K` smallest elements along axis `I`, in ascending order, and their indices: [`Tensor::topk`] with
    /// `largest=False`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U4};
    /// let x = Tensor::<(U4,)>::new([2.0, 3.0, 1.0, 2.0], &Device::Cpu)?;
    /// let (values, indices) = x.topk_smallest::<0, U2>();
    /// assert_eq!(values.to_vec()?, [1.0, 2.0]);
    /// assert_eq!(indices.to_vec()?, [2, 0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn topk_smallest<const I: isize, K: Dim>(
        &self,
    ) -> (Tensor<<S as TopAxis<K, I>>::Out, E>, Tensor<<S as TopAxis<K, I>>::Out, i64>)
    where
        S: TopAxis<K, I>,
    {
        let _op = named("topk");
        self.first::<K, _>(<S as TopAxis<K, I>>::INDEX, false)
    }

    fn first<K: Dim, R: Shape>(&self, axis: usize, descending: bool) -> (Tensor<R, E>, Tensor<R, i64>) {
        let (k, size) = (K::SIZE.unwrap_or(0), self.node().dims()[axis]);
        if k > size {
            let message = format!("axis {axis} of {size} elements does not have {k} to choose");
            let error = Error::Bounds { op: op_name(), message, at: op_at() };
            return (Tensor::poisoned(error.clone()), Tensor::poisoned(error));
        }
        let (values, indices) = self.node().firsts(axis, descending, k);
        (Tensor::of(values), Tensor::of(indices))
    }
}

impl Node {
    /// The first `k` elements in order along `axis`, and their indices. Along the last axis they are the region `topk`,
    /// `[R, N] -> [R, K], [R, K]`.
    fn firsts(&self, axis: usize, descending: bool, k: usize) -> (Node, Node) {
        let Some((&n, outer)) = self.dims().split_last().filter(|_| axis + 1 == self.rank()) else {
            return self.sorted(axis, descending, k);
        };
        let rows = self.reshape(&[outer.iter().product(), n]);
        let definition = |inputs: Vec<Node>| {
            let (values, indices) = inputs[0].sorted(1, descending, k);
            vec![values, indices]
        };
        // By the indices that were found, which the definition's own need not be.
        let gradient: Rule = Box::new(move |_, y, g| vec![g[0].scatter_add(1, n, &y[1])]);
        let attributes = [("largest", descending as u8 as f64)];
        let found = Node::named_region("topk", &attributes, &[rows], definition, Gradient::Given(gradient));
        let mut dims = self.dims().clone();
        dims[axis] = k;
        let [values, indices] = [0, 1].map(|i| found[i].reshape(&dims));
        (values, indices)
    }
}
