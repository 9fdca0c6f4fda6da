use crate::{Absent, Dim, No, Shape, U1};

/// `Self` is the target of an expansion from `F`: an axis of 1 repeats, new axes come on the left.
///
/// ```
/// # use formwork_shapes::{ExpandFrom, U1, U3, U4};
/// fn expands<F, To: ExpandFrom<F>>() {}
/// expands::<(U3, U1), (U4, U3, U4)>();
/// ```
pub trait ExpandFrom<F> {}
impl<F: Shape, To: Shape> ExpandFrom<F> for To
where
    To::D6: ExpandDim<F::D6, F, To, -6>,
    To::D5: ExpandDim<F::D5, F, To, -5>,
    To::D4: ExpandDim<F::D4, F, To, -4>,
    To::D3: ExpandDim<F::D3, F, To, -3>,
    To::D2: ExpandDim<F::D2, F, To, -2>,
    To::D1: ExpandDim<F::D1, F, To, -1>,
{
}

/// The leaf of [`ExpandFrom`]: axis `I`, `D` before and `Self` after.
#[diagnostic::on_unimplemented(
    message = "expand: `{F}` to `{To}`: axis {I} has {D}, {Self} wanted",
    label = "axis {I} has {D}, {Self} wanted",
    note = "expand repeats axes of U1 and adds axes on the left; it keeps all others"
)]
pub trait ExpandDim<D, F, To, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<D, F, To, const I: isize> ExpandDim<D, F, To, I> for D {}
#[diagnostic::do_not_recommend]
impl<D: Dim, F, To, const I: isize> ExpandDim<Absent, F, To, I> for D {}
#[diagnostic::do_not_recommend]
impl<D: Dim<One = No>, F, To, const I: isize> ExpandDim<U1, F, To, I> for D {}
