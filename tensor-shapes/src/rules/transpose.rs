use crate::{Axis, SetSlot, Shape, Six, Unpad};

/// Swaps axes `A` and `B`.
///
/// ```
/// use formwork_shapes::{Shape, Transpose, U2, U3, U4};
/// assert_eq!(<<(U2, U3, U4) as Transpose<-1, 0>>::Out>::display(), "[4, 3, 2]");
/// ```
pub trait Transpose<const A: isize, const B: isize> {
    /// Both axes counted from 0.
    const AXES: [usize; 2];
    type Out: Shape;
}
type At<S, const I: isize> = <S as Axis<I>>::Slot;
type DimOf<S, const I: isize> = <S as Axis<I>>::Dim;
type First<S, const A: isize, const B: isize> = <At<S, A> as SetSlot<Six<S>, DimOf<S, B>>>::Out;
type Both<S, const A: isize, const B: isize> = <At<S, B> as SetSlot<First<S, A, B>, DimOf<S, A>>>::Out;
impl<S: Shape + Axis<A> + Axis<B>, const A: isize, const B: isize> Transpose<A, B> for S
where
    At<S, A>: SetSlot<Six<S>, DimOf<S, B>>,
    At<S, B>: SetSlot<First<S, A, B>, DimOf<S, A>>,
    Both<S, A, B>: Unpad,
{
    const AXES: [usize; 2] = [<S as Axis<A>>::INDEX, <S as Axis<B>>::INDEX];
    type Out = <Both<S, A, B> as Unpad>::Out;
}
