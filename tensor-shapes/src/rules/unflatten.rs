use crate::{Dim, DimMul, Shape, TwoAxes};

/// Splits axis `I` into two axes, `A` and `B`, whose product it is: the way back of
/// [`FlattenAxes`](crate::FlattenAxes).
///
/// ```
/// use formwork_shapes::{Shape, U12, U5, U64, U768, UnflattenAxis};
/// assert_eq!(<<(U5, U768) as UnflattenAxis<U12, U64, -1>>::Out>::display(), "[5, 12, 64]");
/// ```
pub trait UnflattenAxis<A, B, const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    type Out: Shape;
}
impl<S: TwoAxes<I>, A: Dim + DimMul<B>, B: Dim, const I: isize> UnflattenAxis<A, B, I> for S
where
    A::Out: MakesUp<S::Dim, A, B, S, I>,
{
    const INDEX: usize = S::INDEX;
    type Out = S::Out<A, B>;
}

/// The leaf of [`UnflattenAxis`].
#[diagnostic::on_unimplemented(
    message = "unflatten axis {I} of `{S}`: {A} * {B} makes {Self}, the axis has {D}",
    label = "{Self} is not {D}"
)]
pub trait MakesUp<D, A, B, S, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<D, A, B, S, const I: isize> MakesUp<D, A, B, S, I> for D {}
