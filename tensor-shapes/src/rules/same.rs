/// `Self` and `L` are one shape: for operations that do not broadcast, such as `mse_loss`.
#[diagnostic::on_unimplemented(
    message = "expected two equal shapes, got `{L}` and `{Self}`",
    label = "`{Self}` comes in, `{L}` wanted",
    note = "nothing broadcasts here: `expand` or `reshape` one of them first"
)]
pub trait SameShape<L> {}
#[diagnostic::do_not_recommend]
impl<S> SameShape<S> for S {}

/// The shape of a loss, `()`.
#[diagnostic::on_unimplemented(
    message = "expected a scalar, found a tensor of shape `{Self}`",
    label = "shape `{Self}`, `()` wanted",
    note = "`.mean()` and `.sum()` make a scalar of it, `.to_vec()?` reads all its elements"
)]
pub trait Scalar {}
#[diagnostic::do_not_recommend]
impl Scalar for () {}
