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
    message = "a loss is a scalar: shape `{Self}` has axes left",
    label = "shape `{Self}`, `()` wanted",
    note = "reduce it first with `.mean()` or `.sum()`"
)]
pub trait Scalar {}
#[diagnostic::do_not_recommend]
impl Scalar for () {}
