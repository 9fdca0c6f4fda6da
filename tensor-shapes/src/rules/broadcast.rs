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
// Each axis waits for the one on its right, so that the first mistake is the one error.
type Axis2<L, R> = <<R as Shape>::D1 as BroadcastDim<<L as Shape>::D1, L, R, -1>>::Next<<R as Shape>::D2>;
type Axis3<L, R> = <Axis2<L, R> as BroadcastDim<<L as Shape>::D2, L, R, -2>>::Next<<R as Shape>::D3>;
type Axis4<L, R> = <Axis3<L, R> as BroadcastDim<<L as Shape>::D3, L, R, -3>>::Next<<R as Shape>::D4>;
type Axis5<L, R> = <Axis4<L, R> as BroadcastDim<<L as Shape>::D4, L, R, -4>>::Next<<R as Shape>::D5>;
type Axis6<L, R> = <Axis5<L, R> as BroadcastDim<<L as Shape>::D5, L, R, -5>>::Next<<R as Shape>::D6>;
type Dim1<L, R> = <<R as Shape>::D1 as BroadcastDim<<L as Shape>::D1, L, R, -1>>::Out;
type Dim2<L, R> = <Axis2<L, R> as BroadcastDim<<L as Shape>::D2, L, R, -2>>::Out;
type Dim3<L, R> = <Axis3<L, R> as BroadcastDim<<L as Shape>::D3, L, R, -3>>::Out;
type Dim4<L, R> = <Axis4<L, R> as BroadcastDim<<L as Shape>::D4, L, R, -4>>::Out;
type Dim5<L, R> = <Axis5<L, R> as BroadcastDim<<L as Shape>::D5, L, R, -5>>::Out;
type Dim6<L, R> = <Axis6<L, R> as BroadcastDim<<L as Shape>::D6, L, R, -6>>::Out;
impl<L: Shape, R: Shape> Broadcast<L> for R
where
    R::D1: BroadcastDim<L::D1, L, R, -1>,
    Axis2<L, R>: BroadcastDim<L::D2, L, R, -2>,
    Axis3<L, R>: BroadcastDim<L::D3, L, R, -3>,
    Axis4<L, R>: BroadcastDim<L::D4, L, R, -4>,
    Axis5<L, R>: BroadcastDim<L::D5, L, R, -5>,
    Axis6<L, R>: BroadcastDim<L::D6, L, R, -6>,
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
    /// `X`, known once this axis is.
    type Next<X>;
}
#[diagnostic::do_not_recommend]
impl<D, LS, RS, const I: isize> BroadcastDim<D, LS, RS, I> for D {
    type Out = D;
    type Next<X> = X;
}
#[diagnostic::do_not_recommend]
impl<D: Dim, LS, RS, const I: isize> BroadcastDim<Absent, LS, RS, I> for D {
    type Out = D;
    type Next<X> = X;
}
#[diagnostic::do_not_recommend]
impl<D: Dim, LS, RS, const I: isize> BroadcastDim<D, LS, RS, I> for Absent {
    type Out = D;
    type Next<X> = X;
}
#[diagnostic::do_not_recommend]
impl<D: Dim<One = No>, LS, RS, const I: isize> BroadcastDim<U1, LS, RS, I> for D {
    type Out = D;
    type Next<X> = X;
}
#[diagnostic::do_not_recommend]
impl<D: Dim<One = No>, LS, RS, const I: isize> BroadcastDim<D, LS, RS, I> for U1 {
    type Out = D;
    type Next<X> = X;
}
