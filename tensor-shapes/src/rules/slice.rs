use crate::bits::Minus;
use crate::dim::{Dim, Literal, Show, ToDim};
use crate::{Axis, IfNot, Shape, Yes};
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
    type Out: Shape;
}
impl<S: Axis<I>, START, LEN: Dim, const I: isize> SliceAxis<START, LEN, I> for S
where
    S::Dim: Holds<START, LEN>,
    <S::Dim as Holds<START, LEN>>::Fit: Inside<<S::Dim as Holds<START, LEN>>::End, START, LEN, S::Dim, S, I>,
{
    type Out = S::Set<LEN>;
}

/// Where a slice ends, and whether the dim reaches so far: total for literal bounds.
#[diagnostic::on_unimplemented(
    message = "whether {LEN} elements from {START} on lie inside dim {Self} is not known here",
    note = "the bounds of a slice are literal; in generic code add `where S: SliceAxis<{START}, {LEN}, AXIS>`"
)]
pub trait Holds<START, LEN> {
    type End: Dim;
    type Fit;
}
#[diagnostic::do_not_recommend]
impl<D: Dim, START: Literal, LEN: Literal> Holds<START, LEN> for D
where
    START::Uint: Add<LEN::Uint>,
    t::Sum<START::Uint, LEN::Uint>: ToDim,
    Show<t::Sum<START::Uint, LEN::Uint>>: Dim,
    (D::Syms,): Reaches<D::Uint, t::Sum<START::Uint, LEN::Uint>>,
{
    type End = Show<t::Sum<START::Uint, LEN::Uint>>;
    type Fit = <(D::Syms,) as Reaches<D::Uint, t::Sum<START::Uint, LEN::Uint>>>::Fit;
}
/// `No` if the axis is literal and shorter than `END`.
pub trait Reaches<D, END> {
    type Fit;
}
impl<D: Minus<END, B0>, END> Reaches<D, END> for ((),)
where
    D::Over: IfNot<t::UTerm>,
{
    type Fit = <D::Over as IfNot<t::UTerm>>::Fit;
}
impl<X, Y, D, END> Reaches<D, END> for ((X, Y),) {
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
