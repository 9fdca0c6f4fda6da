use crate::{ArrayLen, Axis, Len, NotByZero, Shape, Share, U0};

/// Cuts axis `I` into `LEN` equal parts.
///
/// ```
/// use formwork_shapes::{ChunkAxis, Shape, U2, U6};
/// assert_eq!(<<(U6, U2) as ChunkAxis<3, 0>>::Out>::display(), "[2, 2]");
/// ```
pub trait ChunkAxis<const LEN: usize, const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    /// Each part.
    type Out: Shape;
}
impl<S: Axis<I>, const LEN: usize, const I: isize> ChunkAxis<LEN, I> for S
where
    Len<LEN>: ArrayLen,
    S::Dim: Share<Of<LEN>>,
    <S::Dim as Share<Of<LEN>>>::NonZero: NotByZero<S::Dim>,
    <S::Dim as Share<Of<LEN>>>::Rest: EqualParts<S::Dim, S, LEN, I>,
{
    const INDEX: usize = S::INDEX;
    type Out = S::Set<<S::Dim as Share<Of<LEN>>>::Out>;
}
type Of<const LEN: usize> = <Len<LEN> as ArrayLen>::Dim;

/// The leaf of [`ChunkAxis`].
#[diagnostic::on_unimplemented(
    message = "chunk axis {I} of `{S}` into {LEN}: {D} / {LEN} leaves a rest of {Self}, the parts must be equal",
    label = "{LEN} does not divide {D}",
    note = "`split` cuts an axis into two parts of any size"
)]
pub trait EqualParts<D, S, const LEN: usize, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<D, S, const LEN: usize, const I: isize> EqualParts<D, S, LEN, I> for U0 {}
