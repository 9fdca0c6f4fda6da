use crate::bits::Minus;
use crate::dim::{Dim, Show, ToDim};
use crate::{Axis, DimAdd, IfNot, Shape, Sum, Yes};
use core::ops::Add;
use typenum::{self as t, B0};

/// `LEN` elements of axis `I` from `START` on, both literal. On an axis known at run time only, the run time checks
/// that it is long enough.
///
/// ```
/// use formwork_shapes::{Shape, SliceAxis, U10, U3, U4};
/// assert_eq!(<<(U10, U4) as SliceAxis<U3, U4, 0>>::Out>::display(), "[4, 4]");
/// ```
pub trait SliceAxis<START, LEN, const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    type Out: Shape;
}
impl<S: Axis<I>, START, LEN: Dim, const I: isize> SliceAxis<START, LEN, I> for S
where
    S::Dim: Holds<START, LEN>,
    <S::Dim as Holds<START, LEN>>::Fit: Inside<<S::Dim as Holds<START, LEN>>::End, START, LEN, S::Dim, S, I>,
{
    const INDEX: usize = S::INDEX;
    type Out = S::Set<LEN>;
}

/// Where a slice ends, and whether the dim reaches so far: total for literal bounds.
#[diagnostic::on_unimplemented(
    message = "whether {LEN} elements from {START} on lie inside dim {Self} is not known here",
    label = "not known here",
    note = "the bounds of a slice are literal; in generic code ask for `SliceAxis` of the whole shape in a `where` clause"
)]
pub trait Holds<START, LEN> {
    type End: Dim;
    type Fit;
}
#[diagnostic::do_not_recommend]
impl<D: Dim, START: Dim, LEN: Dim> Holds<START, LEN> for D
where
    (START::Syms, LEN::Syms, D::Syms): HoldsBy<START, LEN, D>,
{
    type End = <(START::Syms, LEN::Syms, D::Syms) as HoldsBy<START, LEN, D>>::End;
    type Fit = <(START::Syms, LEN::Syms, D::Syms) as HoldsBy<START, LEN, D>>::Fit;
}
/// [`Holds`] by the run-time factors of the three dims.
pub trait HoldsBy<START, LEN, D> {
    type End: Dim;
    type Fit;
}
type End<START, LEN> = t::Sum<<START as Dim>::Uint, <LEN as Dim>::Uint>;
impl<START: Dim, LEN: Dim, D: Dim> HoldsBy<START, LEN, D> for ((), (), ())
where
    START::Uint: Add<LEN::Uint>,
    End<START, LEN>: ToDim,
    Show<End<START, LEN>>: Dim,
    D::Uint: Minus<End<START, LEN>, B0>,
    <D::Uint as Minus<End<START, LEN>, B0>>::Over: IfNot<t::UTerm>,
{
    type End = Show<End<START, LEN>>;
    type Fit = <<D::Uint as Minus<End<START, LEN>, B0>>::Over as IfNot<t::UTerm>>::Fit;
}
impl<START: DimAdd<LEN>, LEN, D, X, Y> HoldsBy<START, LEN, D> for ((), (), (X, Y)) {
    type End = Sum<START, LEN>;
    type Fit = Yes;
}

/// The leaf of [`SliceAxis`].
#[diagnostic::on_unimplemented(
    message = "slice axis {I} of `{S}`: {LEN} elements from {START} on end at {END}, the axis has {D}",
    label = "{END} is past {D}"
)]
pub trait Inside<END, START, LEN, D, S, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<END, START, LEN, D, S, const I: isize> Inside<END, START, LEN, D, S, I> for Yes {}
