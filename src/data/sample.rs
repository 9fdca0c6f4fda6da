//! What a sample consists of, and how rows of samples become the tensors of a batch.

use formwork_runtime::dtype::Element;
use formwork_runtime::{Device, Result, Tensor};
use formwork_shapes::{Dim, Shape};
use std::marker::PhantomData;

/// One part of a sample: an array of shape `S` with elements `E`. A label is a `Field<(), i64>`.
///
/// It stands in types only, as in `(Field<(U64,)>, Field<(), i64>)`: an image and its label.
pub struct Field<S, E = f32>(PhantomData<fn() -> (S, E)>);

/// A shape that a part of a sample may have: rank 0 to 5, all dims literal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a shape that samples can have",
    note = "a sample has rank 0 to 5 and dims whose size the compiler knows; the batch dim is put before them"
)]
pub trait SampleShape: Shape {
    /// Elements of one sample.
    const ELEMENTS: usize;
    /// Sizes of one sample.
    const LITERALS: &'static [usize];
    /// The shape of a batch: `[B, ..Self]`.
    type Batched<B: Dim>: Shape;
}

/// The size of a dim without symbols, which has one.
const fn literal(size: Option<usize>) -> usize {
    match size {
        Some(size) => size,
        None => panic!("a literal dim has a size"),
    }
}

macro_rules! sample_shapes {
    ($(($($dim:ident)*);)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<$($dim: Dim<Syms = ()>),*> SampleShape for ($($dim,)*) {
            const ELEMENTS: usize = 1 $(* literal($dim::SIZE))*;
            const LITERALS: &'static [usize] = &[$(literal($dim::SIZE)),*];
            type Batched<B: Dim> = (B, $($dim,)*);
        }
    )* };
}

sample_shapes! {
    ();
    (A);
    (A C);
    (A C D);
    (A C D F);
    (A C D F G);
}

/// The types of a sample: a [`Field`], or a tuple of two to four samples.
///
/// | sample | [row](Row) that a dataset writes | batch of `B` |
/// |---|---|---|
/// | `Field<(U64,)>` | `&mut [f32]` | `Tensor<(B, U64)>` |
/// | `(X, Y)` | `(row of X, row of Y)` | [`Labelled`]` { x, y }` |
/// | `(X, Y, Z)` | a tuple of rows | a tuple of batches |
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sample type",
    note = "write `Field<SHAPE, ELEMENT>`, or a tuple of two to four of them"
)]
pub trait Sample: 'static {
    /// Where one sample is written.
    type Row<'a>;
    /// Many samples: one flat `Vec` a field.
    type Columns: Send + Sync + 'static;
    /// The tensors of a batch.
    type Batch<B: Dim>;
    /// Columns of `rows` samples, all zero.
    fn columns(rows: usize) -> Self::Columns;
    /// The number of samples in the columns, or `None` if that is no whole number or differs from field to field.
    fn rows(columns: &Self::Columns) -> Option<usize>;
    /// Row `row`, to be written.
    fn row(columns: &mut Self::Columns, row: usize) -> Self::Row<'_>;
    /// The same place again, for a shorter time.
    fn reborrow<'short, 'long: 'short>(row: &'short mut Self::Row<'long>) -> Self::Row<'short>;
    /// Copies row `row` of `columns` to `out`.
    fn copy(columns: &Self::Columns, row: usize, out: Self::Row<'_>);
    /// The tensors of the `rows` samples in `columns`.
    fn batch<B: Dim>(columns: Self::Columns, rows: usize, device: &Device) -> Result<Self::Batch<B>>;
}

/// Where a dataset writes one of its samples: slices as long as the fields have elements.
pub type Row<'a, S> = <S as Sample>::Row<'a>;

impl<S: SampleShape, E: Element> Sample for Field<S, E> {
    type Row<'a> = &'a mut [E];
    type Columns = Vec<E>;
    type Batch<B: Dim> = Tensor<S::Batched<B>, E>;

    fn columns(rows: usize) -> Vec<E> {
        vec![E::default(); rows * S::ELEMENTS]
    }

    fn rows(columns: &Vec<E>) -> Option<usize> {
        let rows = columns.len().checked_div(S::ELEMENTS)?;
        (rows * S::ELEMENTS == columns.len()).then_some(rows)
    }

    fn row(columns: &mut Vec<E>, row: usize) -> &mut [E] {
        &mut columns[row * S::ELEMENTS..][..S::ELEMENTS]
    }

    fn reborrow<'short, 'long: 'short>(row: &'short mut &'long mut [E]) -> &'short mut [E] {
        row
    }

    fn copy(columns: &Vec<E>, row: usize, out: &mut [E]) {
        out.copy_from_slice(&columns[row * S::ELEMENTS..][..S::ELEMENTS]);
    }

    fn batch<B: Dim>(columns: Vec<E>, rows: usize, device: &Device) -> Result<Self::Batch<B>> {
        Tensor::from_sizes(columns, &[&[rows], S::LITERALS].concat(), device)
    }
}

/// A batch of inputs and what is wanted for them.
#[derive(Clone, Debug)]
pub struct Labelled<X, Y> {
    /// The inputs: `[B, ..]`.
    pub x: X,
    /// The labels or targets: `[B, ..]`.
    pub y: Y,
}

/// Samples of several parts: each function does the same to all of them.
macro_rules! tuple_samples {
    ($(($($part:ident $at:tt)*) => $batch:ty, $make:expr;)*) => { $(
        impl<$($part: Sample),*> Sample for ($($part,)*) {
            type Row<'a> = ($($part::Row<'a>,)*);
            type Columns = ($($part::Columns,)*);
            type Batch<Z: Dim> = $batch;

            fn columns(rows: usize) -> Self::Columns {
                ($($part::columns(rows),)*)
            }

            fn rows(columns: &Self::Columns) -> Option<usize> {
                let rows = [$($part::rows(&columns.$at)?),*];
                rows.iter().all(|&n| n == rows[0]).then_some(rows[0])
            }

            fn row(columns: &mut Self::Columns, row: usize) -> Self::Row<'_> {
                ($($part::row(&mut columns.$at, row),)*)
            }

            fn reborrow<'short, 'long: 'short>(row: &'short mut Self::Row<'long>) -> Self::Row<'short> {
                ($($part::reborrow(&mut row.$at),)*)
            }

            fn copy(columns: &Self::Columns, row: usize, out: Self::Row<'_>) {
                $($part::copy(&columns.$at, row, out.$at);)*
            }

            fn batch<Z: Dim>(columns: Self::Columns, rows: usize, device: &Device) -> Result<Self::Batch<Z>> {
                let make = $make;
                Ok(make($($part::batch(columns.$at, rows, device)?),*))
            }
        }
    )* };
}

tuple_samples! {
    (X 0 Y 1) => Labelled<X::Batch<Z>, Y::Batch<Z>>, |x, y| Labelled { x, y };
    (P 0 Q 1 R 2) => (P::Batch<Z>, Q::Batch<Z>, R::Batch<Z>), |p, q, r| (p, q, r);
    (P 0 Q 1 R 2 S 3) => (P::Batch<Z>, Q::Batch<Z>, R::Batch<Z>, S::Batch<Z>), |p, q, r, s| (p, q, r, s);
}
