use crate::{Absent, Dim, No, Rank, Shape, U1};

/// `Self` is the target of an expansion from `F`: an axis of 1 repeats, new axes come on the left.
///
/// ```
/// # use formwork_shapes::{ExpandFrom, U1, U3, U4};
/// fn expands<F, To: ExpandFrom<F>>() {}
/// expands::<(U3, U1), (U4, U3, U4)>();
/// ```
pub trait ExpandFrom<F> {}
// Each axis waits for the one on its right, so that the first mistake is the one error.
type Axis1<F, To> = <<To as Shape>::Rank as KeepsAxes<<F as Shape>::Rank, F, To>>::Next<<To as Shape>::D1>;
type Axis2<F, To> = <Axis1<F, To> as ExpandDim<<F as Shape>::D1, F, To, -1>>::Next<<To as Shape>::D2>;
type Axis3<F, To> = <Axis2<F, To> as ExpandDim<<F as Shape>::D2, F, To, -2>>::Next<<To as Shape>::D3>;
type Axis4<F, To> = <Axis3<F, To> as ExpandDim<<F as Shape>::D3, F, To, -3>>::Next<<To as Shape>::D4>;
type Axis5<F, To> = <Axis4<F, To> as ExpandDim<<F as Shape>::D4, F, To, -4>>::Next<<To as Shape>::D5>;
type Axis6<F, To> = <Axis5<F, To> as ExpandDim<<F as Shape>::D5, F, To, -5>>::Next<<To as Shape>::D6>;
impl<F: Shape, To: Shape> ExpandFrom<F> for To
where
    To::Rank: KeepsAxes<F::Rank, F, To>,
    Axis1<F, To>: ExpandDim<F::D1, F, To, -1>,
    Axis2<F, To>: ExpandDim<F::D2, F, To, -2>,
    Axis3<F, To>: ExpandDim<F::D3, F, To, -3>,
    Axis4<F, To>: ExpandDim<F::D4, F, To, -4>,
    Axis5<F, To>: ExpandDim<F::D5, F, To, -5>,
    Axis6<F, To>: ExpandDim<F::D6, F, To, -6>,
{
}

/// The leaf of [`ExpandFrom`]: axis `I`, `D` before and `Self` after.
#[diagnostic::on_unimplemented(
    message = "expand: `{F}` to `{To}`: axis {I} has {D}, {Self} wanted",
    label = "axis {I} has {D}, {Self} wanted",
    note = "expand repeats axes of U1 and adds axes on the left; it keeps all others"
)]
pub trait ExpandDim<D, F, To, const I: isize> {
    /// `X`, known once this axis is.
    type Next<X>;
}
#[diagnostic::do_not_recommend]
impl<D, F, To, const I: isize> ExpandDim<D, F, To, I> for D {
    type Next<X> = X;
}
#[diagnostic::do_not_recommend]
impl<D: Dim, F, To, const I: isize> ExpandDim<Absent, F, To, I> for D {
    type Next<X> = X;
}
#[diagnostic::do_not_recommend]
impl<D: Dim<One = No>, F, To, const I: isize> ExpandDim<U1, F, To, I> for D {
    type Next<X> = X;
}
// Told by `KeepsAxes`.
#[diagnostic::do_not_recommend]
impl<D: Dim, F, To, const I: isize> ExpandDim<D, F, To, I> for Absent {
    type Next<X> = X;
}

/// A leaf of [`ExpandFrom`]: the rank `Self` of the target is at least that of the source.
#[diagnostic::on_unimplemented(
    message = "expand: `{To}` has fewer axes than `{F}`",
    label = "fewer axes than `{F}`",
    note = "expand repeats axes of U1 and adds axes on the left; it keeps all others"
)]
pub trait KeepsAxes<R, F, To> {
    /// `X`, known once the ranks are.
    type Next<X>;
}
macro_rules! keeps { ($($to:literal: $($from:literal)*;)*) => { $($(
    #[diagnostic::do_not_recommend]
    impl<F, To> KeepsAxes<Rank<$from>, F, To> for Rank<$to> {
        type Next<X> = X;
    }
)*)* } }
keeps! { 0: 0; 1: 0 1; 2: 0 1 2; 3: 0 1 2 3; 4: 0 1 2 3 4; 5: 0 1 2 3 4 5; 6: 0 1 2 3 4 5 6; }
