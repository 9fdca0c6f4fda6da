//! adaptive_avg_pool2d: means over parts of an image, as many as are wanted.

use super::concat::concat;
use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_shapes::{Dim, ImageParts, Shape};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// Means over `H` x `W` parts of an image batch, both literal: `[N, C, .., ..] -> [N, C, H, W]`. Part `i` of `n` runs
    /// from `floor(i * size / n)` to `ceil((i + 1) * size / n)`; `<U1, U1>` is the mean over the whole image.
    /// `torch.nn.functional.adaptive_avg_pool2d`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U1, U2, U4};
    /// let x = Tensor::<(U1, U1, U2, U4)>::new([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]]], &Device::Cpu)?;
    /// assert_eq!(x.adaptive_avg_pool2d::<U1, U1>().to_vec()?, [4.5]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn adaptive_avg_pool2d<H: Dim + ImageParts<S, W>, W: Dim>(&self) -> Tensor<H::Out, E> {
        let _op = named("adaptive_avg_pool2d");
        let parts = [H::SIZE.unwrap_or(1), W::SIZE.unwrap_or(1)];
        let x = self.node();
        Tensor::stated(match parts {
            [1, 1] => x.mean_keep_over(&[2, 3]),
            _ => adaptive(&adaptive(x, 2, parts[0]), 3, parts[1]),
        })
    }
}

/// The means of `parts` parts of `axis`.
fn adaptive(x: &Node, axis: usize, parts: usize) -> Node {
    let size = x.dims()[axis];
    if parts == 0 || parts == size {
        return x.slice(axis, 0, parts, 1);
    }
    if size.is_multiple_of(parts) {
        let mut dims = x.dims().clone();
        dims[axis] = parts;
        dims.insert(axis + 1, size / parts);
        return x.reshape(&dims).mean_over(&[axis + 1]);
    }
    let part = |i: usize| {
        let (start, end) = (i * size / parts, ((i + 1) * size).div_ceil(parts));
        x.slice(axis, start, end - start, 1).mean_keep_over(&[axis])
    };
    let means: Vec<Node> = (0..parts).map(part).collect();
    concat(&means.iter().collect::<Vec<_>>(), axis)
}
