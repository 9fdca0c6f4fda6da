use crate::{Axis, Shape};

/// Swaps axes `A` and `B`.
///
/// ```
/// use formwork_shapes::{Shape, Transpose, U2, U3, U4};
/// assert_eq!(<<(U2, U3, U4) as Transpose<-1, 0>>::Out>::display(), "[4, 3, 2]");
/// ```
pub trait Transpose<const A: isize, const B: isize> {
    type Out: Shape;
}
impl<S: Axis<A> + Axis<B>, const A: isize, const B: isize> Transpose<A, B> for S
where
    <S as Axis<A>>::Set<<S as Axis<B>>::Dim>: Axis<B>,
{
    type Out = <<S as Axis<A>>::Set<<S as Axis<B>>::Dim> as Axis<B>>::Set<<S as Axis<A>>::Dim>;
}
