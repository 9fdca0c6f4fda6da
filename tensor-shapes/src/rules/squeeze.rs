use crate::{Axis, Shape, U1};

/// Drops axis `I`, which is `U1`. The way back is [`InsertAxis`](crate::InsertAxis) with `U1`.
pub trait Squeeze<const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    type Out: Shape;
}
impl<S: Axis<I>, const I: isize> Squeeze<I> for S
where
    S::Dim: OneWide<S, I>,
{
    const INDEX: usize = S::INDEX;
    type Out = S::Remove;
}

/// The leaf of [`Squeeze`].
#[diagnostic::on_unimplemented(
    message = "squeeze: axis {I} of `{S}` is {Self}, only an axis of U1 can go",
    label = "axis {I} is {Self}, not U1"
)]
pub trait OneWide<S, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<S, const I: isize> OneWide<S, I> for U1 {}
