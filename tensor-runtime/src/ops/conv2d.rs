//! conv2d: 2-d convolution, in the sense of neural networks: the filter is not flipped.

use super::compute::computed;
use crate::dtype::Float;
use crate::error::Error;
use crate::graph::{Node, named, op_at, op_name};
use crate::prim::ConvSpec;
use crate::tensor::Tensor;
use formwork_ir::Intrinsic;
use formwork_shapes::{Conv2dWeight, Dim, ImageWeight, Shape, U0, U1};

/// How a convolution slides, by axis (height, width), with PyTorch's defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dOptions {
    /// Steps from one place to the next.
    pub stride: [usize; 2],
    /// Zeros on both sides.
    pub padding: [usize; 2],
    /// Steps from one element of the filter to the next.
    pub dilation: [usize; 2],
    /// Groups of channels that do not see each other.
    pub groups: usize,
}

impl Default for Conv2dOptions {
    fn default() -> Self {
        Conv2dOptions { stride: [1; 2], padding: [0; 2], dilation: [1; 2], groups: 1 }
    }
}

impl<S: Shape, E: Float> Tensor<S, E> {
    /// The convolution `[N, Ci, H, W] * [Co, Ci, Kh, Kw] -> [N, Co, H', W']` by steps of 1, without padding.
    /// `torch.nn.functional.conv2d`; a bias is added as `+ bias.reshape::<(O, U1, U1)>()`.
    ///
    /// ```
    /// use formwork_runtime::Tensor;
    /// use formwork_shapes::{U1, U3, U5, U8};
    /// let (x, weight) = (Tensor::<(U1, U3, U8, U8)>::ones(), Tensor::<(U5, U3, U3, U3)>::ones());
    /// let y = x.conv2d(&weight);
    /// assert_eq!((y.dims(), y.to_vec()?[0]), (vec![1, 5, 6, 6], 27.0));
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn conv2d<W: Shape + ImageWeight + Conv2dWeight<S, U1, U0, U1>>(
        &self,
        weight: &Tensor<W, E>,
    ) -> Tensor<W::Out, E> {
        self.conv2d_as(weight, None, Conv2dOptions::default())
    }

    /// [`Tensor::conv2d`] with stride `T`, padding `P` and dilation `D`, which have a default in PyTorch.
    ///
    /// ```
    /// use formwork_runtime::Tensor;
    /// use formwork_shapes::{U1, U2, U3, U5, U8};
    /// let (x, weight) = (Tensor::<(U1, U3, U8, U8)>::ones(), Tensor::<(U5, U3, U3, U3)>::ones());
    /// assert_eq!(x.conv2d_with::<U2, U1, U1, _>(&weight).dims(), [1, 5, 4, 4]);
    /// ```
    #[track_caller]
    pub fn conv2d_with<T: Dim, P: Dim, D: Dim, W: Shape + ImageWeight + Conv2dWeight<S, T, P, D>>(
        &self,
        weight: &Tensor<W, E>,
    ) -> Tensor<W::Out, E> {
        let [stride, padding, dilation] = [T::SIZE, P::SIZE, D::SIZE].map(|n| [n.unwrap_or(1); 2]);
        self.conv2d_as(weight, None, Conv2dOptions { stride, padding, dilation, groups: 1 })
    }

    /// A convolution, plus `bias`, whose result is stated: for groups, steps that differ by axis, and image sizes known at run time
    /// only. Sizes that do not fit are an error at the first look.
    ///
    /// ```
    /// use formwork_runtime::{Conv2dOptions, Tensor};
    /// use formwork_shapes::{U1, U2, U4, U6};
    /// let (x, weight) = (Tensor::<(U1, U4, U6, U6)>::ones(), Tensor::<(U2, U2, U1, U1)>::ones());
    /// let options = Conv2dOptions { groups: 2, stride: [3, 1], ..Default::default() };
    /// let y: Tensor<(U1, U2, U2, U6)> = x.conv2d_as(&weight, None, options);
    /// assert_eq!(y.to_vec()?[0], 2.0);
    /// # Ok::<(), formwork_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn conv2d_as<W: Shape + ImageWeight, R: Shape>(
        &self,
        weight: &Tensor<W, E>,
        bias: Option<&Tensor<(W::Co,), E>>,
        options: Conv2dOptions,
    ) -> Tensor<R, E> {
        let _op = named("conv2d");
        let (x, w) = (self.node(), weight.node());
        let spec = match spec(x, w, &options) {
            Ok(spec) => spec,
            Err(error) => return Tensor::poisoned(error),
        };
        Tensor::stated(match bias {
            Some(b) => computed([x, w, b.node()], |[x, w, b]| {
                x.convolve(w, spec).binary(Intrinsic::Add, &b.reshape(&[1, b.len(), 1, 1]))
            }),
            None => computed([x, w], |[x, w]| x.convolve(w, spec)),
        })
    }
}

/// How a convolution of these nodes goes, if they fit.
fn spec(x: &Node, w: &Node, options: &Conv2dOptions) -> Result<ConvSpec, Error> {
    let Conv2dOptions { stride, padding, dilation, groups } = *options;
    let (&[_, c, height, width], &[o, ci, kh, kw]) = (&x.dims()[..], &w.dims()[..]) else {
        return Err(misfit("an image batch `[N, C, H, W]` and a weight `[O, C / groups, Kh, Kw]`", x, w));
    };
    if groups == 0 || c != ci * groups || !o.is_multiple_of(groups) {
        return Err(misfit(&format!("{c} channels in {groups} groups"), x, w));
    }
    let spec = ConvSpec { stride, padding, dilation, groups };
    let whole = kh > 0 && kw > 0 && !stride.contains(&0) && !dilation.contains(&0);
    if !whole || spec.places(0, height, kh) == 0 || spec.places(1, width, kw) == 0 {
        return Err(misfit(&format!("a window that fits, with {options:?}"), x, w));
    }
    Ok(spec)
}

fn misfit(expected: &str, x: &Node, w: &Node) -> Error {
    let found = format!("input {:?} and weight {:?}", x.dims(), w.dims());
    Error::Shape { op: op_name(), expected: expected.to_string(), found, at: op_at() }
}
