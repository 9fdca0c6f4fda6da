use crate::{BroadcastDim, Dim, Shape, Unpad};

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

macro_rules! matrix { ($($($b:ident)*;)*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($b: Dim,)* M: Dim, K: Dim> Matrix for ($($b,)* M, K) {
        type Batch = ($($b,)*);
        type Rows = M;
        type Cols = K;
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
// Each axis waits for the one on its right, so that the first mistake is the one error.
type Axis3<L, R> = <<R as Matrix>::Rows as Inner<<L as Matrix>::Cols, L, R>>::Next<<R as Shape>::D3>;
type Axis4<L, R> = <Axis3<L, R> as BroadcastDim<<L as Shape>::D3, L, R, -3>>::Next<<R as Shape>::D4>;
type Axis5<L, R> = <Axis4<L, R> as BroadcastDim<<L as Shape>::D4, L, R, -4>>::Next<<R as Shape>::D5>;
type Axis6<L, R> = <Axis5<L, R> as BroadcastDim<<L as Shape>::D5, L, R, -5>>::Next<<R as Shape>::D6>;
type Dim3<L, R> = <Axis3<L, R> as BroadcastDim<<L as Shape>::D3, L, R, -3>>::Out;
type Dim4<L, R> = <Axis4<L, R> as BroadcastDim<<L as Shape>::D4, L, R, -4>>::Out;
type Dim5<L, R> = <Axis5<L, R> as BroadcastDim<<L as Shape>::D5, L, R, -5>>::Out;
type Dim6<L, R> = <Axis6<L, R> as BroadcastDim<<L as Shape>::D6, L, R, -6>>::Out;
impl<L: Shape + Matrix, R: Shape + Matrix> MatMulRhs<L> for R
where
    R::Rows: Inner<L::Cols, L, R>,
    Axis3<L, R>: BroadcastDim<L::D3, L, R, -3>,
    Axis4<L, R>: BroadcastDim<L::D4, L, R, -4>,
    Axis5<L, R>: BroadcastDim<L::D5, L, R, -5>,
    Axis6<L, R>: BroadcastDim<L::D6, L, R, -6>,
    (Dim6<L, R>, Dim5<L, R>, Dim4<L, R>, Dim3<L, R>, L::Rows, R::Cols): Unpad,
{
    type Out = <(Dim6<L, R>, Dim5<L, R>, Dim4<L, R>, Dim3<L, R>, L::Rows, R::Cols) as Unpad>::Out;
}

/// The leaf of [`MatMulRhs`].
#[diagnostic::on_unimplemented(
    message = "matmul: `{L}` x `{R}`: left has {K} columns, right has {Self} rows",
    label = "{Self} rows here, {K} wanted"
)]
pub trait Inner<K, L, R> {
    /// `X`, known once the inner dims agree.
    type Next<X>;
}
#[diagnostic::do_not_recommend]
impl<K, L, R> Inner<K, L, R> for K {
    type Next<X> = X;
}

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
