use crate::{Absent, Dim, No, Shape, U1, Unpad};

/// NumPy broadcasting, right-aligned: `Self` is the right operand, `L` the left one.
///
/// Two dims go together when they are equal or one of them is `U1`; missing axes on the left count as `U1`.
///
/// ```
/// use formwork_shapes::{Broadcast, Shape, U1, U3, U4};
/// assert_eq!(<<(U3, U1) as Broadcast<(U1, U4)>>::Out>::display(), "[3, 4]");
/// ```
pub trait Broadcast<L> {
    type Out: Shape;
}
type Dim6<L, R> = <<R as Shape>::D6 as BroadcastDim<<L as Shape>::D6, L, R, -6>>::Out;
type Dim5<L, R> = <<R as Shape>::D5 as BroadcastDim<<L as Shape>::D5, L, R, -5>>::Out;
type Dim4<L, R> = <<R as Shape>::D4 as BroadcastDim<<L as Shape>::D4, L, R, -4>>::Out;
type Dim3<L, R> = <<R as Shape>::D3 as BroadcastDim<<L as Shape>::D3, L, R, -3>>::Out;
type Dim2<L, R> = <<R as Shape>::D2 as BroadcastDim<<L as Shape>::D2, L, R, -2>>::Out;
type Dim1<L, R> = <<R as Shape>::D1 as BroadcastDim<<L as Shape>::D1, L, R, -1>>::Out;
impl<L: Shape, R: Shape> Broadcast<L> for R
where
    R::D6: BroadcastDim<L::D6, L, R, -6>,
    R::D5: BroadcastDim<L::D5, L, R, -5>,
    R::D4: BroadcastDim<L::D4, L, R, -4>,
    R::D3: BroadcastDim<L::D3, L, R, -3>,
    R::D2: BroadcastDim<L::D2, L, R, -2>,
    R::D1: BroadcastDim<L::D1, L, R, -1>,
    (Dim6<L, R>, Dim5<L, R>, Dim4<L, R>, Dim3<L, R>, Dim2<L, R>, Dim1<L, R>): Unpad,
{
    type Out = <(Dim6<L, R>, Dim5<L, R>, Dim4<L, R>, Dim3<L, R>, Dim2<L, R>, Dim1<L, R>) as Unpad>::Out;
}

/// The leaf of [`Broadcast`]: axis `I`, where `Self` on the right meets `L` on the left.
#[diagnostic::on_unimplemented(
    message = "cannot broadcast `{LS}` with `{RS}`: axis {I} is {L} on the left, {Self} on the right",
    label = "{Self} against {L} on axis {I}",
    note = "two dims go together when they are equal or one of them is U1"
)]
pub trait BroadcastDim<L, LS, RS, const I: isize> {
    type Out;
}
#[diagnostic::do_not_recommend]
impl<D, LS, RS, const I: isize> BroadcastDim<D, LS, RS, I> for D {
    type Out = D;
}
#[diagnostic::do_not_recommend]
impl<D: Dim, LS, RS, const I: isize> BroadcastDim<Absent, LS, RS, I> for D {
    type Out = D;
}
#[diagnostic::do_not_recommend]
impl<D: Dim, LS, RS, const I: isize> BroadcastDim<D, LS, RS, I> for Absent {
    type Out = D;
}
#[diagnostic::do_not_recommend]
impl<D: Dim<One = No>, LS, RS, const I: isize> BroadcastDim<U1, LS, RS, I> for D {
    type Out = D;
}
#[diagnostic::do_not_recommend]
impl<D: Dim<One = No>, LS, RS, const I: isize> BroadcastDim<D, LS, RS, I> for U1 {
    type Out = D;
}
