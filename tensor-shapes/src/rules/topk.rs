use crate::bits::Minus;
use crate::dim::Dim;
use crate::{Axis, IfNot, Shape, Yes};
use typenum::{self as t, B0};

/// `K` elements chosen along axis `I`, which has as many. On an axis known at run time only, the run time checks that.
///
/// ```
/// use formwork_shapes::{Shape, TopAxis, U10, U3, U4};
/// assert_eq!(<<(U10, U4) as TopAxis<U3, 0>>::Out>::display(), "[3, 4]");
/// ```
pub trait TopAxis<K, const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    type Out: Shape;
}
impl<S: Axis<I>, K: Dim, const I: isize> TopAxis<K, I> for S
where
    S::Dim: Offers<K>,
    <S::Dim as Offers<K>>::Fit: AtMost<K, S::Dim, S, I>,
{
    const INDEX: usize = S::INDEX;
    type Out = S::Set<K>;
}

/// Whether an axis has `K` elements to choose: total for a literal `K`.
#[diagnostic::on_unimplemented(
    message = "whether an axis of {Self} has {K} elements is not known here",
    label = "not known here",
    note = "K is literal; in generic code ask for `TopAxis` of the whole shape in a `where` clause"
)]
pub trait Offers<K> {
    type Fit;
}
#[diagnostic::do_not_recommend]
impl<D: Dim, K: Dim> Offers<K> for D
where
    (K::Syms, D::Syms): OffersBy<K, D>,
{
    type Fit = <(K::Syms, D::Syms) as OffersBy<K, D>>::Fit;
}
/// [`Offers`] by the run-time factors of the two dims.
pub trait OffersBy<K, D> {
    type Fit;
}
impl<K: Dim, D: Dim> OffersBy<K, D> for ((), ())
where
    D::Uint: Minus<K::Uint, B0>,
    <D::Uint as Minus<K::Uint, B0>>::Over: IfNot<t::UTerm>,
{
    type Fit = <<D::Uint as Minus<K::Uint, B0>>::Over as IfNot<t::UTerm>>::Fit;
}
impl<K, D, X, Y> OffersBy<K, D> for ((), (X, Y)) {
    type Fit = Yes;
}

/// The leaf of [`TopAxis`].
#[diagnostic::on_unimplemented(
    message = "top {K} along axis {I} of `{S}`: the axis has only {D}",
    label = "{K} is more than {D}"
)]
pub trait AtMost<K, D, S, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<K, D, S, const I: isize> AtMost<K, D, S, I> for Yes {}
