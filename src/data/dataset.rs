//! Where samples come from.

use super::combine::{Concat, Map, MapInPlace, Subset, Take};
use super::{Row, Sample};
use formwork_runtime::{Error, Result};
use std::panic::Location;
use std::sync::Arc;

/// A finite set of samples that can be had in any order, by several threads at once.
///
/// ```
/// use formwork::data::{Dataset, Field};
/// use formwork::prelude::*;
///
/// /// The numbers 0.0, 1.0, ... and whether each is odd.
/// struct Parity(usize);
///
/// impl Dataset for Parity {
///     type Sample = (Field<(U1,)>, Field<(), i64>);
///
///     fn len(&self) -> usize {
///         self.0
///     }
///
///     fn get(&self, index: usize, (x, y): (&mut [f32], &mut [i64])) -> Result<()> {
///         x[0] = index as f32;
///         y[0] = index as i64 % 2;
///         Ok(())
///     }
/// }
/// ```
pub trait Dataset: Send + Sync + 'static {
    /// What one sample is, as in `(Field<(U64,)>, Field<(), i64>)`.
    type Sample: Sample;

    /// The number of samples.
    fn len(&self) -> usize;

    /// Writes sample `index` (less than [`len`](Self::len)) into `row`, which is all zero before.
    ///
    /// An error ends the iteration of the loader that asked, which hands it to its user unchanged
    /// ([`Error::other`] wraps one of your own).
    fn get(&self, index: usize, row: Row<'_, Self::Sample>) -> Result<()>;

    /// Whether there are no samples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Samples of another type, made by `f` from each sample, every time it is asked for.
    fn map<T: Sample, F>(self, f: F) -> Map<Self, T, F>
    where
        Self: Sized,
        F: Fn(Row<'_, Self::Sample>, Row<'_, T>) -> Result<()> + Send + Sync + 'static,
    {
        Map::new(self, f)
    }

    /// The same samples, each changed by `f` after it was read: normalisation, for one.
    fn map_in_place<F>(self, f: F) -> MapInPlace<Self, F>
    where
        Self: Sized,
        F: Fn(Row<'_, Self::Sample>) -> Result<()> + Send + Sync + 'static,
    {
        MapInPlace::new(self, f)
    }

    /// The first `n` samples, or all if there are fewer.
    fn take(self, n: usize) -> Take<Self>
    where
        Self: Sized,
    {
        Take::new(self, n)
    }

    /// These samples, then those of `other`.
    fn concat<D: Dataset<Sample = Self::Sample>>(self, other: D) -> Concat<Self, D>
    where
        Self: Sized,
    {
        Concat::new(self, other)
    }

    /// The samples at `indices`, in that order; one may stand there several times.
    ///
    /// # Errors
    /// [`Error::Bounds`] if an index is not less than [`len`](Self::len).
    #[track_caller]
    fn subset(self, indices: Vec<usize>) -> Result<Subset<Self>>
    where
        Self: Sized,
    {
        Subset::new(Arc::new(self), indices)
    }

    /// Two parts, `first` samples and the rest, drawn at random: the same ones for the same seed,
    /// on every machine.
    ///
    /// # Errors
    /// [`Error::Bounds`] if `first` is more than [`len`](Self::len).
    #[track_caller]
    fn random_split(self, first: usize, seed: u64) -> Result<(Subset<Self>, Subset<Self>)>
    where
        Self: Sized,
    {
        Subset::random_split(Arc::new(self), first, seed)
    }
}

/// Samples that stand in memory, one `Vec` a field.
///
/// ```
/// use formwork::data::{Dataset, Field, InMemory};
/// use formwork::prelude::*;
///
/// let xor = InMemory::<(Field<(U2,)>, Field<(), i64>)>::new((vec![0., 0., 0., 1., 1., 0., 1., 1.], vec![0, 1, 1, 0]))?;
/// assert_eq!(xor.len(), 4);
/// # Ok::<(), formwork::Error>(())
/// ```
pub struct InMemory<S: Sample> {
    columns: S::Columns,
    len: usize,
}

impl<S: Sample> InMemory<S> {
    /// The samples whose fields stand in `columns` one after the other, row-major: a `Vec` for a
    /// [`Field`](super::Field), a tuple of them for a tuple.
    ///
    /// # Errors
    /// [`Error::Shape`] if a `Vec` holds no whole number of samples, or they hold different numbers.
    #[track_caller]
    pub fn new(columns: S::Columns) -> Result<Self> {
        match S::rows(&columns) {
            Some(len) => Ok(InMemory { columns, len }),
            None => Err(Error::Shape {
                op: "InMemory::new",
                expected: "as many samples in every field, none of them empty".to_string(),
                found: "fields of different or broken length".to_string(),
                at: Location::caller(),
            }),
        }
    }

    /// The fields, each in one piece.
    pub fn columns(&self) -> &S::Columns {
        &self.columns
    }
}

impl<S: Sample> Dataset for InMemory<S> {
    type Sample = S;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize, row: Row<'_, S>) -> Result<()> {
        check_index("InMemory::get", index, self.len)?;
        S::copy(&self.columns, index, row);
        Ok(())
    }
}

/// An error unless there is a sample `index` among `len`.
#[track_caller]
pub(super) fn check_index(op: &'static str, index: usize, len: usize) -> Result<()> {
    if index < len {
        return Ok(());
    }
    Err(Error::Bounds { op, message: format!("there is no sample {index} among {len}"), at: Location::caller() })
}

impl<D: Dataset + ?Sized> Dataset for Arc<D> {
    type Sample = D::Sample;

    fn len(&self) -> usize {
        (**self).len()
    }

    fn get(&self, index: usize, row: Row<'_, D::Sample>) -> Result<()> {
        (**self).get(index, row)
    }
}
