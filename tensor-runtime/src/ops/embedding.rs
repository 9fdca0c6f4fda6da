//! embedding: rows of a table by index.

use crate::dtype::Element;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_shapes::{EmbedIn, Shape};

impl<S: Shape> Tensor<S, i64> {
    /// The rows of `table` at these indices: `[..] x [V, D] -> [.., D]`. `torch.nn.functional.embedding`. An index outside
    /// `0..V` makes the evaluation fail.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U2, U3};
    /// let table = Tensor::<(U3, U2)>::new([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], &Device::Cpu)?;
    /// let tokens = Tensor::<(U2,), i64>::new([2, 0], &Device::Cpu)?;
    /// assert_eq!(tokens.embedding(&table).to_vec()?, [5.0, 6.0, 1.0, 2.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn embedding<W: Shape, E: Element>(&self, table: &Tensor<W, E>) -> Tensor<S::Out, E>
    where
        S: EmbedIn<W>,
    {
        let _op = named("embedding");
        let (index, table) = (self.node(), table.node());
        let mut dims = index.dims().clone();
        dims.push(table.dims()[1]);
        Tensor::of(table.index_select(0, &index.reshape(&[index.len()])).reshape(&dims))
    }
}
