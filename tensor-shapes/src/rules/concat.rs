use crate::{Axis, DimAdd, Shape};

/// Joins along axis `I`: `Self` is the right operand; all other axes are equal.
///
/// ```
/// use formwork_shapes::{ConcatRhs, Shape, U3, U4, U64};
/// assert_eq!(<<(U4, U64) as ConcatRhs<(U3, U64), 0>>::Out>::display(), "[7, 64]");
/// ```
pub trait ConcatRhs<L, const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    type Out: Shape;
}
impl<const I: isize, L: Axis<I>, R: Axis<I>> ConcatRhs<L, I> for R
where
    R::Remove: SameRest<L::Remove, L, R, I>,
    L::Dim: DimAdd<R::Dim>,
{
    const INDEX: usize = L::INDEX;
    type Out = L::Set<<L::Dim as DimAdd<R::Dim>>::Out>;
}

/// The leaf of [`ConcatRhs`].
#[diagnostic::on_unimplemented(
    message = "concat along axis {I}: `{L}` and `{R}` differ on another axis",
    label = "the other dims are `{Self}` here, `{Rest}` on the left"
)]
pub trait SameRest<Rest, L, R, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<S, L, R, const I: isize> SameRest<S, L, R, I> for S {}
