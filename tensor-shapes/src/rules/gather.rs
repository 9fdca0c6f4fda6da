use crate::{Axis, Dim, InsertAxis, Shape};

/// Elements along axis `I` by index: `Self` is the shape of the indices and of the result, equal to that of the
/// source `L` on all other axes. PyTorch's `gather`; `scatter_add` is its gradient.
///
/// ```
/// # use formwork_shapes::{GatherIndex, U10, U3, U4};
/// fn gathers<L, R: GatherIndex<L, 1>>() {}
/// gathers::<(U4, U10), (U4, U3)>();
/// ```
#[diagnostic::on_unimplemented(
    message = "gather along axis {I}: indices `{Self}` do not fit source `{L}`",
    label = "indices `{Self}` for source `{L}`",
    note = "the indices have all axes of the source, equal to it on all but axis {I}"
)]
pub trait GatherIndex<L, const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
}
impl<L: Axis<I>, R: Axis<I>, const I: isize> GatherIndex<L, I> for R
where
    R::Remove: SameOthers<L::Remove, L, R, I>,
{
    const INDEX: usize = L::INDEX;
}

/// The leaf of [`GatherIndex`].
#[diagnostic::on_unimplemented(
    message = "gather along axis {I}: source `{L}` and indices `{R}` differ on another axis",
    label = "the other dims are `{Self}` here, `{Rest}` in the source"
)]
pub trait SameOthers<Rest, L, R, const I: isize> {}
#[diagnostic::do_not_recommend]
impl<S, L, R, const I: isize> SameOthers<S, L, R, I> for S {}

/// A shape of one axis.
#[diagnostic::on_unimplemented(
    message = "expected a vector `(N,)`, got shape `{Self}`",
    label = "`{Self}` is no vector"
)]
pub trait Vector {
    type Dim: Dim;
}
#[diagnostic::do_not_recommend]
impl<N: Dim> Vector for (N,) {
    type Dim = N;
}

/// Whole slices along axis `I` by index: `Self` is the shape `(N,)` of the indices, and axis `I` becomes `N`.
///
/// ```
/// use formwork_shapes::{Shape, SelectIndex, U10, U3, U4};
/// assert_eq!(<<(U3,) as SelectIndex<(U10, U4), 0>>::Out>::display(), "[3, 4]");
/// ```
pub trait SelectIndex<L, const I: isize> {
    /// The axis counted from 0.
    const INDEX: usize;
    type Out: Shape;
}
impl<L: Axis<I>, R: Vector, const I: isize> SelectIndex<L, I> for R {
    const INDEX: usize = L::INDEX;
    type Out = L::Set<R::Dim>;
}

/// Rows of the table `W`, `(V, D)`, by index: `Self` is the shape of the indices, and the rows become a last axis.
///
/// ```
/// use formwork_shapes::{EmbedIn, Shape, U10, U3, U4, U64};
/// assert_eq!(<<(U3, U4) as EmbedIn<(U10, U64)>>::Out>::display(), "[3, 4, 64]");
/// ```
pub trait EmbedIn<W> {
    type Out: Shape;
}
impl<S: InsertAxis<-1>, W: Table> EmbedIn<W> for S {
    type Out = S::Out<W::Cols>;
}

/// A table of embeddings: `(V, D)`.
#[diagnostic::on_unimplemented(
    message = "expected a table of embeddings `(V, D)`, got shape `{Self}`",
    label = "`{Self}` is no table"
)]
pub trait Table {
    type Rows: Dim;
    type Cols: Dim;
}
#[diagnostic::do_not_recommend]
impl<V: Dim, D: Dim> Table for (V, D) {
    type Rows = V;
    type Cols = D;
}
