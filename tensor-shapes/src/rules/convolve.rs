use crate::{BothFit, Dim, Shape, Window};

/// A batch of images, `(N, C, H, W)`.
// Rules are written for any `S: Image`, not for the tuple: rustc lists tuple impls in its errors.
#[diagnostic::on_unimplemented(
    message = "expected an image batch `(N, C, H, W)`, got shape `{Self}`",
    label = "`{Self}` is no image batch"
)]
pub trait Image {
    type N: Dim;
    type C: Dim;
    type H: Dim;
    type W: Dim;
}
#[diagnostic::do_not_recommend]
impl<N: Dim, C: Dim, H: Dim, W: Dim> Image for (N, C, H, W) {
    type N = N;
    type C = C;
    type H = H;
    type W = W;
}

/// `Self` x `W` parts of each image of the batch `S`.
///
/// ```
/// use formwork_shapes::{ImageParts, Shape, U1, U28, U3, U8};
/// assert_eq!(<<U1 as ImageParts<(U8, U3, U28, U28), U1>>::Out>::display(), "[8, 3, 1, 1]");
/// ```
pub trait ImageParts<S, W> {
    type Out: Shape;
}
impl<S: Image, H: Dim, W: Dim> ImageParts<S, W> for H {
    type Out = (S::N, S::C, H, W);
}

/// A dim that the layer `L` fixes: axis `I` of its input `S` has `Self` and should have `Want`. `What` names it:
/// [`features`], [`channels`].
#[diagnostic::on_unimplemented(
    message = "`{L}` wants {Want} {What} on axis {I}, its input `{S}` has {Self}",
    label = "{Self} {What} come in, {Want} wanted"
)]
pub trait Wants<Want, What, L, S, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<D, What, L, S, const I: isize> Wants<D, What, L, S, I> for D {}
/// For [`Wants`].
#[allow(non_camel_case_types)]
pub enum features {}
/// For [`Wants`].
#[allow(non_camel_case_types)]
pub enum channels {}
/// For [`Wants`].
#[allow(non_camel_case_types)]
pub enum classes {}

/// A square window over both spatial axes of an image batch, for the layer `L`: `H` and `W` of the result.
///
/// ```
/// use formwork_shapes::{Dim, SlideImage, U0, U1, U2, U28, U3, U8};
/// struct MaxPool2d;
/// type Pooled = <(U8, U3, U28, U28) as SlideImage<U2, U2, U0, U1, MaxPool2d>>::H;
/// assert_eq!(Pooled::SIZE, Some(14));
/// ```
pub trait SlideImage<K, S, P, D, L> {
    type H: Dim;
    type W: Dim;
}
type FitH<X, K, S, P, D> = <<X as Image>::H as Window<K, S, P, D>>::Fit;
type FitW<X, K, S, P, D> = <<X as Image>::W as Window<K, S, P, D>>::Fit;
impl<X: Image, K, S, P, D, L> SlideImage<K, S, P, D, L> for X
where
    X::H: Window<K, S, P, D>,
    X::W: Window<K, S, P, D>,
    (FitH<X, K, S, P, D>, FitW<X, K, S, P, D>): BothFit<X::H, X::W, K, K, S, P, D, L, X>,
{
    type H = <X::H as Window<K, S, P, D>>::Out;
    type W = <X::W as Window<K, S, P, D>>::Out;
}

/// Pooling of the image batch `X` by a square window of `Self`, for the operation or layer `L`.
///
/// ```
/// use formwork_shapes::{PoolWindow, Shape, U0, U1, U2, U28, U3, U8, max_pool2d};
/// assert_eq!(<<U2 as PoolWindow<(U8, U3, U28, U28), U2, U0, U1, max_pool2d>>::Out>::display(), "[8, 3, 14, 14]");
/// ```
pub trait PoolWindow<X, S, P, D, L> {
    type Out: Shape;
}
impl<X: Image + SlideImage<K, S, P, D, L>, K, S, P, D, L> PoolWindow<X, S, P, D, L> for K {
    type Out = (X::N, X::C, <X as SlideImage<K, S, P, D, L>>::H, <X as SlideImage<K, S, P, D, L>>::W);
}
/// Pooling of the image batch `X` to images of `Self` by `W`, whatever their size.
///
/// ```
/// use formwork_shapes::{AdaptivePool, Shape, U1, U3, U7, U8};
/// assert_eq!(<<U1 as AdaptivePool<(U8, U3, U7, U7), U1>>::Out>::display(), "[8, 3, 1, 1]");
/// ```
pub trait AdaptivePool<X, W> {
    type Out: Shape;
}
impl<X: Image, H: Dim, W: Dim> AdaptivePool<X, W> for H {
    type Out = (X::N, X::C, H, W);
}
/// An operation, as [`Fits`](crate::Fits) names it.
#[allow(non_camel_case_types)]
pub enum max_pool2d {}
/// An operation, as [`Fits`](crate::Fits) names it.
#[allow(non_camel_case_types)]
pub enum avg_pool2d {}
/// An operation, as [`Fits`](crate::Fits) names it.
#[allow(non_camel_case_types)]
pub enum conv2d {}

/// The weight of a convolution, `(Co, Ci, Kh, Kw)`.
#[diagnostic::on_unimplemented(
    message = "expected a convolution weight `(Co, Ci, Kh, Kw)`, got shape `{Self}`",
    label = "`{Self}` is no convolution weight"
)]
pub trait ImageWeight {
    type Co: Dim;
    type Ci: Dim;
    type Kh: Dim;
    type Kw: Dim;
}
#[diagnostic::do_not_recommend]
impl<Co: Dim, Ci: Dim, Kh: Dim, Kw: Dim> ImageWeight for (Co, Ci, Kh, Kw) {
    type Co = Co;
    type Ci = Ci;
    type Kh = Kh;
    type Kw = Kw;
}

/// `[N, Ci, H, W] * [Co, Ci, Kh, Kw] -> [N, Co, H', W']`: `Self` is the weight of a convolution of `X` with stride
/// `S`, padding `P` and dilation `D`. PyTorch's `conv2d` without groups.
///
/// ```
/// use formwork_shapes::{Conv2dWeight, Shape, U1, U2, U224, U3, U64, U7, U8};
/// type Out = <(U64, U3, U7, U7) as Conv2dWeight<(U8, U3, U224, U224), U2, U3, U1>>::Out;
/// assert_eq!(Out::display(), "[8, 64, 112, 112]");
/// ```
pub trait Conv2dWeight<X, S, P, D> {
    type Out: Shape;
}
impl<X: Image, R: ImageWeight, S, P, D> Conv2dWeight<X, S, P, D> for R
where
    R::Ci: SameChannels<X::C, X, R>,
    X::H: Window<R::Kh, S, P, D>,
    X::W: Window<R::Kw, S, P, D>,
    (FitH<X, R::Kh, S, P, D>, FitW<X, R::Kw, S, P, D>): BothFit<X::H, X::W, R::Kh, R::Kw, S, P, D, conv2d, X>,
{
    type Out = (X::N, R::Co, <X::H as Window<R::Kh, S, P, D>>::Out, <X::W as Window<R::Kw, S, P, D>>::Out);
}

/// The leaf of [`Conv2dWeight`].
#[diagnostic::on_unimplemented(
    message = "conv2d: input `{X}` has {C} channels, weight `{R}` wants {Self}",
    label = "{C} channels come in, {Self} wanted"
)]
pub trait SameChannels<C, X, R> {}
#[diagnostic::do_not_recommend]
impl<C, X, R> SameChannels<C, X, R> for C {}
