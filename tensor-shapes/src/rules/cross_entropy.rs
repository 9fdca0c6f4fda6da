use crate::Axis;

/// Class indices for the logits `L` with their classes along axis `I`: `Self` is the shape without that axis.
///
/// ```
/// # use formwork_shapes::{LabelsOf, U10, U32};
/// fn labels<L, R: LabelsOf<L, -1>>() {}
/// labels::<(U32, U10), (U32,)>();
/// ```
pub trait LabelsOf<L, const I: isize> {
    /// The axis of the classes counted from 0.
    const INDEX: usize;
}
impl<L: Axis<I>, R, const I: isize> LabelsOf<L, I> for R
where
    L::Remove: SameLabels<R, L, I>,
{
    const INDEX: usize = L::INDEX;
}

/// The leaf of [`LabelsOf`].
#[diagnostic::on_unimplemented(
    message = "cross-entropy: logits `{L}` want labels of shape `{Self}`, got `{R}`",
    label = "labels of shape `{R}` come in, `{Self}` wanted",
    note = "labels are class indices: the shape of the logits without their axis {I}"
)]
pub trait SameLabels<R, L, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<S, L, const I: isize> SameLabels<S, L, I> for S {}
