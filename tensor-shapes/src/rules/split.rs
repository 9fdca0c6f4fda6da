use crate::{Axis, Dim, DimAdd, Shape};

/// Cuts axis `I` into a part of `A` and one of `B`, which make up the whole.
///
/// ```
/// use formwork_shapes::{Shape, SplitAxis, U3, U4, U7};
/// assert_eq!(<<(U7, U4) as SplitAxis<U3, U4, 0>>::Right>::display(), "[4, 4]");
/// ```
pub trait SplitAxis<A, B, const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    type Left: Shape;
    type Right: Shape;
}
impl<S: Axis<I>, A: Dim + DimAdd<B>, B: Dim, const I: isize> SplitAxis<A, B, I> for S
where
    A::Out: SumsTo<S::Dim, A, B, S, I>,
{
    const INDEX: usize = S::INDEX;
    type Left = S::Set<A>;
    type Right = S::Set<B>;
}

/// The leaf of [`SplitAxis`].
#[diagnostic::on_unimplemented(
    message = "split axis {I} of `{S}`: {A} + {B} makes {Self}, the axis has {D}",
    label = "{Self} is not {D}"
)]
pub trait SumsTo<D, A, B, S, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<D, A, B, S, const I: isize> SumsTo<D, A, B, S, I> for D {}
