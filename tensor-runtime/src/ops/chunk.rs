//! chunk: an axis in equal parts.

use crate::dtype::Element;
use crate::graph::named;
use crate::tensor::Tensor;
use formwork_shapes::{ChunkAxis, Shape};

impl<S: Shape, E: Element> Tensor<S, E> {
    /// Axis `I` in `LEN` equal parts: `let [q, k, v] = x.chunk::<-1, 3>()`. `torch.chunk`, which has the number first and
    /// lets the last part be smaller.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::U6;
    /// let x = Tensor::<(U6,)>::new([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &Device::Cpu)?;
    /// let [_, middle, _] = x.chunk::<0, 3>();
    /// assert_eq!(middle.to_vec()?, [3.0, 4.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn chunk<const I: isize, const LEN: usize>(&self) -> [Tensor<<S as ChunkAxis<LEN, I>>::Out, E>; LEN]
    where
        S: ChunkAxis<LEN, I>,
    {
        let _op = named("chunk");
        let (x, axis) = (self.node(), <S as ChunkAxis<LEN, I>>::INDEX);
        let size = x.dims()[axis] / LEN.max(1);
        std::array::from_fn(|i| Tensor::stated(x.slice(axis, i * size, size, 1)))
    }
}
