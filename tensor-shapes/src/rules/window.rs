use crate::bits::{FloorDiv, Minus};
use crate::dim::{Dim, Show, ToDim};
use crate::{No, U0, Yes};
use core::ops::{Add, Mul};
use typenum::{self as t, B0, B1, Prod, Sum, UInt, UTerm};

/// A window of `K` elements, `D` apart, that slides by `S` over a dim with `P` more on both sides:
/// `Out = (Self + 2P - D(K - 1) - 1) / S + 1`, and whether it fits at all. PyTorch's convolution and pooling.
///
/// ```
/// use formwork_shapes::{Dim, U1, U2, U224, U3, U7, Window};
/// assert_eq!(<<U224 as Window<U7, U2, U3, U1>>::Out>::SIZE, Some(112));
/// ```
#[diagnostic::on_unimplemented(
    message = "the size of a window of {K} (stride {S}, padding {P}, dilation {D}) sliding over dim {Self} is not known here",
    label = "not known here",
    note = "a run-time dim cannot be slid over; in generic code add `where {Self}: Window<{K}, {S}, {P}, {D}, Fit = Yes>`"
)]
pub trait Window<K, S, P, D> {
    type Out: Dim;
    /// [`Yes`], or [`No`] and `Out = U0`.
    type Fit;
}
#[diagnostic::do_not_recommend]
impl<H: Dim, K: Dim, S: Dim, P: Dim, D: Dim> Window<K, S, P, D> for H
where
    (H::Syms, K::Syms, S::Syms, P::Syms, D::Syms): WindowBy<H, K, S, P, D>,
{
    type Out = <(H::Syms, K::Syms, S::Syms, P::Syms, D::Syms) as WindowBy<H, K, S, P, D>>::Out;
    type Fit = <(H::Syms, K::Syms, S::Syms, P::Syms, D::Syms) as WindowBy<H, K, S, P, D>>::Fit;
}
/// [`Window`] of literals.
pub trait WindowBy<H, K, S, P, D> {
    type Out: Dim;
    type Fit;
}
type Padded<H, P> = Sum<<H as Dim>::Uint, Prod<<P as Dim>::Uint, t::U2>>;
type Dilated<K, D> = <<D as Dim>::Uint as Dilate<<K as Dim>::Uint>>::Out;
impl<H: Dim, K: Dim, S: Dim, P: Dim, D: Dim> WindowBy<H, K, S, P, D> for ((), (), (), (), ())
where
    D::Uint: Dilate<K::Uint>,
    P::Uint: Mul<t::U2>,
    H::Uint: Add<Prod<P::Uint, t::U2>>,
    Padded<H, P>: Slide<Dilated<K, D>, S::Uint>,
{
    type Out = <Padded<H, P> as Slide<Dilated<K, D>, S::Uint>>::Out;
    type Fit = <Padded<H, P> as Slide<Dilated<K, D>, S::Uint>>::Fit;
}

/// `Self * (K - 1) + 1`: how far a window of `K` reaches, and zero if it has no element.
pub trait Dilate<K> {
    type Out;
}
impl<K> Dilate<K> for UInt<UTerm, B1> {
    type Out = K;
}
impl<U, A, B, V, C> Dilate<UInt<V, C>> for UInt<UInt<U, A>, B>
where
    UInt<V, C>: Minus<UInt<UTerm, B1>, B0>,
    <UInt<V, C> as Minus<UInt<UTerm, B1>, B0>>::Out: Mul<Self>,
    Prod<<UInt<V, C> as Minus<UInt<UTerm, B1>, B0>>::Out, Self>: Add<B1>,
{
    type Out = t::Add1<Prod<<UInt<V, C> as Minus<UInt<UTerm, B1>, B0>>::Out, Self>>;
}
impl<U, A, B> Dilate<UTerm> for UInt<UInt<U, A>, B> {
    type Out = UTerm;
}
impl<K> Dilate<K> for UTerm {
    type Out = UTerm;
}

// On typenum numbers: each is worked out once and handed on, not written out again in every bound.
/// A window of `K` that slides by `S` over `Self`.
pub trait Slide<K, S> {
    type Out: Dim;
    type Fit;
}
impl<N, S> Slide<UTerm, S> for N {
    type Out = U0;
    type Fit = No;
}
impl<N: Minus<UInt<V, C>, B0>, V, C, S> Slide<UInt<V, C>, S> for N
where
    N::Over: SlideIf<N::Out, S>,
{
    type Out = <N::Over as SlideIf<N::Out, S>>::Out;
    type Fit = <N::Over as SlideIf<N::Out, S>>::Fit;
}
/// `Self` tells whether the window passes the end; `R` is what it leaves.
pub trait SlideIf<R, S> {
    type Out: Dim;
    type Fit;
}
impl<R, S> SlideIf<R, S> for B1 {
    type Out = U0;
    type Fit = No;
}
impl<R> SlideIf<R, UTerm> for B0 {
    type Out = U0;
    type Fit = No;
}
impl<R: FloorDiv<UInt<V, C>>, V, C> SlideIf<R, UInt<V, C>> for B0
where
    R::Out: Add<B1>,
    t::Add1<R::Out>: ToDim,
    Show<t::Add1<R::Out>>: Dim,
{
    type Out = Show<t::Add1<R::Out>>;
    type Fit = Yes;
}

/// The leaf of a [`Window`] over axis `I`, of dim `H`, of the input `X` of the layer or operation `L`.
#[diagnostic::on_unimplemented(
    message = "`{L}`: its window of {K} does not fit axis {I} of the input `{X}`: {H} padded by {P} (stride {S}, dilation {D})",
    label = "window {K} over {H} + 2 * {P}",
    note = "it must reach no further than the padded axis; window, stride and dilation are at least U1"
)]
pub trait Fits<H, K, S, P, D, L, X, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<H, K, S, P, D, L, X, const I: isize> Fits<H, K, S, P, D, L, X, I> for Yes {}

/// Both spatial axes of an image batch: if neither fits, the first one is the one error.
pub trait BothFit<H, W, KH, KW, S, P, D, L, X> {}
impl<H, W, KH, KW, S, P, D, L, X, F> BothFit<H, W, KH, KW, S, P, D, L, X> for (Yes, F) where
    F: Fits<W, KW, S, P, D, L, X, 3>
{
}
impl<H, W, KH, KW, S, P, D, L, X, F> BothFit<H, W, KH, KW, S, P, D, L, X> for (No, F) where
    No: Fits<H, KH, S, P, D, L, X, 2>
{
}
