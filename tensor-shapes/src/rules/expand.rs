use crate::operation::expand;
use crate::{Absent, Dim, No, Rank, Shape, U1};

/// `Self` is the target of an expansion from `F`: an axis of 1 repeats, new axes come on the left. `Op` names it:
/// [`expand`], [`masked_fill`](crate::masked_fill).
///
/// ```
/// # use formwork_shapes::{ExpandFrom, U1, U3, U4};
/// fn expands<F, To: ExpandFrom<F>>() {}
/// expands::<(U3, U1), (U4, U3, U4)>();
/// ```
pub trait ExpandFrom<F, Op = expand> {}
// Each axis waits for the one on its right, so that the first mistake is the one error.
type Axis1<F, To, Op> = <<To as Shape>::Rank as KeepsAxes<<F as Shape>::Rank, F, To, Op>>::Next<<To as Shape>::D1>;
type Axis2<F, To, Op> = <Axis1<F, To, Op> as ExpandDim<<F as Shape>::D1, F, To, Op, -1>>::Next<<To as Shape>::D2>;
type Axis3<F, To, Op> = <Axis2<F, To, Op> as ExpandDim<<F as Shape>::D2, F, To, Op, -2>>::Next<<To as Shape>::D3>;
type Axis4<F, To, Op> = <Axis3<F, To, Op> as ExpandDim<<F as Shape>::D3, F, To, Op, -3>>::Next<<To as Shape>::D4>;
type Axis5<F, To, Op> = <Axis4<F, To, Op> as ExpandDim<<F as Shape>::D4, F, To, Op, -4>>::Next<<To as Shape>::D5>;
type Axis6<F, To, Op> = <Axis5<F, To, Op> as ExpandDim<<F as Shape>::D5, F, To, Op, -5>>::Next<<To as Shape>::D6>;
impl<F: Shape, To: Shape, Op> ExpandFrom<F, Op> for To
where
    To::Rank: KeepsAxes<F::Rank, F, To, Op>,
    Axis1<F, To, Op>: ExpandDim<F::D1, F, To, Op, -1>,
    Axis2<F, To, Op>: ExpandDim<F::D2, F, To, Op, -2>,
    Axis3<F, To, Op>: ExpandDim<F::D3, F, To, Op, -3>,
    Axis4<F, To, Op>: ExpandDim<F::D4, F, To, Op, -4>,
    Axis5<F, To, Op>: ExpandDim<F::D5, F, To, Op, -5>,
    Axis6<F, To, Op>: ExpandDim<F::D6, F, To, Op, -6>,
{
}

/// The leaf of [`ExpandFrom`]: axis `I`, `D` before and `Self` after.
#[diagnostic::on_unimplemented(
    message = "{Op}: `{F}` to `{To}`: axis {I} has {D}, {Self} wanted",
    label = "axis {I} has {D}, {Self} wanted",
    note = "axes of U1 are repeated, axes are added on the left; all others stay"
)]
pub trait ExpandDim<D, F, To, Op, const I: isize> {
    /// `X`, known once this axis is.
    type Next<X>;
}
#[diagnostic::do_not_recommend]
impl<D, F, To, Op, const I: isize> ExpandDim<D, F, To, Op, I> for D {
    type Next<X> = X;
}
#[diagnostic::do_not_recommend]
impl<D: Dim, F, To, Op, const I: isize> ExpandDim<Absent, F, To, Op, I> for D {
    type Next<X> = X;
}
#[diagnostic::do_not_recommend]
impl<D: Dim<One = No>, F, To, Op, const I: isize> ExpandDim<U1, F, To, Op, I> for D {
    type Next<X> = X;
}
// Told by `KeepsAxes`.
#[diagnostic::do_not_recommend]
impl<D: Dim, F, To, Op, const I: isize> ExpandDim<D, F, To, Op, I> for Absent {
    type Next<X> = X;
}

/// A leaf of [`ExpandFrom`]: the rank `Self` of the target is at least that of the source.
#[diagnostic::on_unimplemented(
    message = "{Op}: `{To}` has fewer axes than `{F}`",
    label = "fewer axes than `{F}`",
    note = "axes of U1 are repeated, axes are added on the left; all others stay"
)]
pub trait KeepsAxes<R, F, To, Op> {
    /// `X`, known once the ranks are.
    type Next<X>;
}
macro_rules! keeps { ($($to:literal: $($from:literal)*;)*) => { $($(
    #[diagnostic::do_not_recommend]
    impl<F, To, Op> KeepsAxes<Rank<$from>, F, To, Op> for Rank<$to> {
        type Next<X> = X;
    }
)*)* } }
keeps! { 0: 0; 1: 0 1; 2: 0 1 2; 3: 0 1 2 3; 4: 0 1 2 3 4; 5: 0 1 2 3 4 5; 6: 0 1 2 3 4 5 6; }
