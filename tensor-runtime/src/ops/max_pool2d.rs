//! max_pool2d: the largest element of each window.

use crate::dtype::Num;
use crate::error::Error;
use crate::graph::{Node, named, op_at, op_name};
use crate::prim::Window;
use crate::tensor::Tensor;
use formwork_ir::{DType, Intrinsic, ReduceOp};
use formwork_shapes::{Dim, PoolWindow, Shape, U0, U1, max_pool2d};

/// How a pooling window slides, by axis (height, width).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2dOptions {
    /// The size of the window.
    pub kernel: [usize; 2],
    /// Steps from one place to the next.
    pub stride: [usize; 2],
    /// How far the window reaches over both ends.
    pub padding: [usize; 2],
    /// Steps from one element of the window to the next.
    pub dilation: [usize; 2],
    /// For averages: whether what the window reaches over counts, as zeros.
    pub count_include_pad: bool,
}

impl Pool2dOptions {
    /// A square window of `kernel` that slides by its own size.
    pub fn square(kernel: usize) -> Self {
        Pool2dOptions {
            kernel: [kernel; 2],
            stride: [kernel; 2],
            padding: [0; 2],
            dilation: [1; 2],
            count_include_pad: true,
        }
    }

    /// The options that four dims name.
    pub(super) fn of<K: Dim, T: Dim, P: Dim, D: Dim>() -> Self {
        let [kernel, stride, padding, dilation] = [K::SIZE, T::SIZE, P::SIZE, D::SIZE].map(|n| [n.unwrap_or(0); 2]);
        Pool2dOptions { kernel, stride, padding, dilation, count_include_pad: true }
    }
}

impl<S: Shape, E: Num> Tensor<S, E> {
    /// The largest element of each window of `K` x `K` of an image batch `[N, C, H, W]`; windows do not overlap. A NaN
    /// wins; the gradient goes to the first of equals. `torch.nn.functional.max_pool2d`.
    ///
    /// ```
    /// use formwork_runtime::{Device, Tensor};
    /// use formwork_shapes::{U1, U2, U4};
    /// let x = Tensor::<(U1, U1, U2, U4)>::new([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]]], &Device::Cpu)?;
    /// assert_eq!(x.max_pool2d::<U2>().to_vec()?, [4.0, 8.0]);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn max_pool2d<K: Dim + PoolWindow<S, K, U0, U1, max_pool2d>>(&self) -> Tensor<K::Out, E> {
        self.max_pool2d_as(Pool2dOptions::of::<K, K, U0, U1>())
    }

    /// [`Tensor::max_pool2d`] with stride `T`, padding `P` and dilation `D`. Padding never is the largest.
    ///
    /// ```
    /// use formwork_runtime::Tensor;
    /// use formwork_shapes::{U1, U2, U3, U8};
    /// let x = Tensor::<(U1, U1, U8, U8)>::ones();
    /// assert_eq!(x.max_pool2d_with::<U3, U2, U1, U1>().dims(), [1, 1, 4, 4]);
    /// ```
    #[track_caller]
    pub fn max_pool2d_with<K: Dim + PoolWindow<S, T, P, D, max_pool2d>, T: Dim, P: Dim, D: Dim>(
        &self,
    ) -> Tensor<K::Out, E> {
        self.max_pool2d_as(Pool2dOptions::of::<K, T, P, D>())
    }

    /// Max pooling whose result is stated: for windows that are not square and image sizes known at run time only. Sizes
    /// that do not fit are an error at the first look.
    #[track_caller]
    pub fn max_pool2d_as<R: Shape>(&self, options: Pool2dOptions) -> Tensor<R, E> {
        let _op = named("max_pool2d");
        let lowest = if E::DTYPE.is_float() { f64::NEG_INFINITY } else { i64::MIN as f64 };
        match self.node().windows(&options, |x| x.pad_with(options.padding, E::from_f64(lowest).to_f64())) {
            Ok(windows) => Tensor::stated(windows.reduce(ReduceOp::Max, [4, 5])),
            Err(error) => Tensor::poisoned(error),
        }
    }
}

impl Node {
    /// The windows `[N, C, H', W', Kh, Kw]` of an image batch after `pad`.
    pub(super) fn windows(&self, options: &Pool2dOptions, pad: impl FnOnce(&Node) -> Node) -> Result<Node, Error> {
        let window = Window { kernel: options.kernel, stride: options.stride, dilation: options.dilation };
        let steps = [options.kernel, options.stride, options.dilation].as_flattened().iter().all(|&n| n > 0);
        let place = |a: usize| window.places(a, self.dims()[2 + a] + 2 * options.padding[a]);
        if self.rank() != 4 || !steps || place(0) == 0 || place(1) == 0 {
            let expected = format!("an image batch `[N, C, H, W]` that a window fits, with {options:?}");
            return Err(Error::Shape { op: op_name(), expected, found: format!("{:?}", self.dims()), at: op_at() });
        }
        Ok(pad(self).window(window))
    }

    /// An image batch with `value` on both sides of its last two axes.
    fn pad_with(&self, padding: [usize; 2], value: f64) -> Node {
        if padding == [0, 0] {
            return self.clone();
        }
        let padded = self.pad(2, padding[0], padding[0]).pad(3, padding[1], padding[1]);
        let inside = |a: usize| {
            let (axis, dims) = (2 + a, padded.dims());
            let bound = |n: usize| Node::constant(n as f64, dims.clone(), DType::I64);
            let index = Node::iota(dims.clone(), axis);
            let after = index.binary(Intrinsic::Ge, &bound(padding[a]));
            after.binary(Intrinsic::And, &index.binary(Intrinsic::Lt, &bound(padding[a] + self.dims()[axis])))
        };
        inside(0).binary(Intrinsic::And, &inside(1)).select(&padded, &padded.constant_like(value))
    }
}
