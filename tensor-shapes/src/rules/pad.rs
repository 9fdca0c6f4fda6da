use crate::{Axis, DimAdd, Shape, Sum};

/// `BEFORE` more elements at the start of axis `I` and `AFTER` more at its end.
///
/// ```
/// use formwork_shapes::{PadAxis, Shape, U1, U2, U28, U4};
/// assert_eq!(<<(U28, U4) as PadAxis<U1, U2, 0>>::Out>::display(), "[31, 4]");
/// ```
pub trait PadAxis<BEFORE, AFTER, const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    type Out: Shape;
}
impl<S: Axis<I>, BEFORE: DimAdd<AFTER>, AFTER, const I: isize> PadAxis<BEFORE, AFTER, I> for S
where
    S::Dim: DimAdd<Sum<BEFORE, AFTER>>,
{
    const INDEX: usize = S::INDEX;
    type Out = S::Set<Sum<S::Dim, Sum<BEFORE, AFTER>>>;
}
