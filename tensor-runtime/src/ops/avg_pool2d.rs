//! avg_pool2d: the mean of each window.

use super::max_pool2d::Pool2dOptions;
use crate::dtype::Float;
use crate::graph::{Node, named};
use crate::tensor::Tensor;
use formwork_ir::{DType, Intrinsic, ReduceOp};
use formwork_shapes::{Dim, PoolWindow, Shape, U0, U1, avg_pool2d};

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The mean of each window of `K` x `K` of an image batch `[N, C, H, W]`; windows do not overlap.
    /// `torch.nn.functional.avg_pool2d`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U1, U2, U4};
    /// let x = Tensor::<(U1, U1, U2, U4)>::new([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]]], &Device::Cpu)?;
    /// assert_eq!(x.avg_pool2d::<U2>().to_vec()?, [2.5, 6.5]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn avg_pool2d<K: Dim + PoolWindow<S, K, U0, U1, avg_pool2d>>(&self) -> Tensor<K::Out, E> {
        self.avg_pool2d_as(Pool2dOptions::of::<K, K, U0, U1>())
    }

    /// [`Tensor::avg_pool2d`] with stride `T` and padding `P`. Padding counts as zeros, PyTorch's default.
    ///
    /// ```
    /// use formwork_runtime::Tensor;
    /// use formwork_shapes::{U1, U2, U3, U8};
    /// let x = Tensor::<(U1, U1, U8, U8)>::ones();
    /// assert_eq!(x.avg_pool2d_with::<U3, U2, U1>().dims(), [1, 1, 4, 4]);
    /// ```
    #[track_caller]
    pub fn avg_pool2d_with<K: Dim + PoolWindow<S, T, P, U1, avg_pool2d>, T: Dim, P: Dim>(&self) -> Tensor<K::Out, E> {
        self.avg_pool2d_as(Pool2dOptions::of::<K, T, P, U1>())
    }

    /// Average pooling whose result is stated: for windows that are not square, padding that does not count, and image
    /// sizes known at run time only. Sizes that do not fit are an error at the first look.
    #[track_caller]
    pub fn avg_pool2d_as<R: Shape>(&self, options: Pool2dOptions) -> Tensor<R, E> {
        let _op = named("avg_pool2d");
        let pad =
            |x: &Node| x.pad(2, options.padding[0], options.padding[0]).pad(3, options.padding[1], options.padding[1]);
        match self.node().windows(&options, pad) {
            Ok(windows) => {
                let sum = windows.reduce(ReduceOp::Sum, [4, 5]);
                Tensor::stated(sum.binary(Intrinsic::Div, &count(&sum, self.node(), &options)))
            }
            Err(error) => Tensor::poisoned(error),
        }
    }
}

/// How many elements count in each window of `x`; `sum` has an element a window.
fn count(sum: &Node, x: &Node, options: &Pool2dOptions) -> Node {
    if options.count_include_pad || options.padding == [0, 0] {
        return sum.constant_like((options.kernel[0] * options.kernel[1]) as f64);
    }
    let inside = |a: usize| {
        let (dims, size) = (sum.dims().clone(), x.dims()[2 + a] as i64);
        let bound = |n: i64| Node::constant(n as f64, dims.clone(), DType::I64);
        let start = Node::iota(dims.clone(), 2 + a).binary(Intrinsic::Mul, &bound(options.stride[a] as i64));
        let reach = options.dilation[a] as i64;
        // One 0 or 1 for each element of the window, along this axis.
        let element = |k: usize| {
            let at = start.binary(Intrinsic::Add, &bound(k as i64 * reach - options.padding[a] as i64));
            let lies =
                at.binary(Intrinsic::Ge, &bound(0)).binary(Intrinsic::And, &at.binary(Intrinsic::Lt, &bound(size)));
            lies.cast(sum.dtype())
        };
        let elements = (0..options.kernel[a]).map(element);
        elements.reduce(|n, m| n.binary(Intrinsic::Add, &m)).unwrap_or_else(|| sum.constant_like(0.0))
    };
    inside(0).binary(Intrinsic::Mul, &inside(1))
}
