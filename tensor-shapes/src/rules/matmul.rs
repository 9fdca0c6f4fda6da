use crate::{Broadcast, Dim, Shape};

/// A stack of matrices: the last two axes are rows and columns, the others are its batch.
#[diagnostic::on_unimplemented(
    message = "matmul wants shapes of rank 2 to 6, got `{Self}`",
    label = "`{Self}` has no rows and columns",
    note = "`.unsqueeze::<0>()` makes a row of a vector, `.unsqueeze::<1>()` a column"
)]
pub trait Matrix {
    type Batch: Shape;
    type Rows: Dim;
    type Cols: Dim;
}

/// Two more axes after those of a batch.
pub trait WithMatrix<M, N> {
    type Out: Shape;
}

macro_rules! matrix { ($($($b:ident)*;)*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($b: Dim,)* M: Dim, K: Dim> Matrix for ($($b,)* M, K) {
        type Batch = ($($b,)*);
        type Rows = M;
        type Cols = K;
    }
    impl<$($b: Dim,)* M: Dim, K: Dim> WithMatrix<M, K> for ($($b,)*) {
        type Out = ($($b,)* M, K);
    }
)* } }
matrix! { ; A; A B; A B C; A B C D; }

/// `[.., M, K] x [.., K, N] -> [.., M, N]`, the batch axes broadcast: `Self` is the right operand.
///
/// ```
/// use formwork_shapes::{MatMulRhs, Shape, U12, U3, U4, U5, U8};
/// assert_eq!(<<(U12, U4, U5) as MatMulRhs<(U8, U12, U3, U4)>>::Out>::display(), "[8, 12, 3, 5]");
/// ```
pub trait MatMulRhs<L> {
    type Out: Shape;
}
impl<L: Matrix, R: Matrix> MatMulRhs<L> for R
where
    R::Rows: Inner<L::Cols, L, R>,
    R::Batch: Broadcast<L::Batch>,
    <R::Batch as Broadcast<L::Batch>>::Out: WithMatrix<L::Rows, R::Cols>,
{
    type Out = <<R::Batch as Broadcast<L::Batch>>::Out as WithMatrix<L::Rows, R::Cols>>::Out;
}

/// The leaf of [`MatMulRhs`].
#[diagnostic::on_unimplemented(
    message = "matmul: `{L}` x `{R}`: left has {K} columns, right has {Self} rows",
    label = "{Self} rows here, {K} wanted"
)]
pub trait Inner<K, L, R> {}
#[diagnostic::do_not_recommend]
impl<K, L, R> Inner<K, L, R> for K {}

/// A stack of square matrices, for `diag`, `trace` and triangles.
pub trait Square {
    type Batch: Shape;
    type Side: Dim;
}
impl<S: Matrix> Square for S
where
    S::Cols: SameSide<S::Rows, S>,
{
    type Batch = S::Batch;
    type Side = S::Cols;
}

/// The leaf of [`Square`].
#[diagnostic::on_unimplemented(
    message = "expected square matrices, got `{S}`: {Rows} rows, {Self} columns",
    label = "{Rows} rows, {Self} columns"
)]
pub trait SameSide<Rows, S> {}
#[diagnostic::do_not_recommend]
impl<D, S> SameSide<D, S> for D {}
