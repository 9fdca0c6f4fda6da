//! Datasets made of datasets.

use super::dataset::check_index;
use super::{Dataset, Row, Sample, permutation};
use formwork_runtime::{Error, Result};
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;

/// Samples of another type: [`Dataset::map`].
pub struct Map<D, T, F> {
    from: D,
    f: F,
    to: PhantomData<fn() -> T>,
}

impl<D, T, F> Map<D, T, F> {
    pub(super) fn new(from: D, f: F) -> Self {
        Map { from, f, to: PhantomData }
    }
}

impl<D: Dataset, T: Sample, F> Dataset for Map<D, T, F>
where
    F: Fn(Row<'_, D::Sample>, Row<'_, T>) -> Result<()> + Send + Sync + 'static,
{
    type Sample = T;

    fn len(&self) -> usize {
        self.from.len()
    }

    fn get(&self, index: usize, row: Row<'_, T>) -> Result<()> {
        let mut sample = D::Sample::columns(1);
        self.from.get(index, D::Sample::row(&mut sample, 0))?;
        (self.f)(D::Sample::row(&mut sample, 0), row)
    }
}

/// Samples changed in place: [`Dataset::map_in_place`].
pub struct MapInPlace<D, F> {
    from: D,
    f: F,
}

impl<D, F> MapInPlace<D, F> {
    pub(super) fn new(from: D, f: F) -> Self {
        MapInPlace { from, f }
    }
}

impl<D: Dataset, F> Dataset for MapInPlace<D, F>
where
    F: Fn(Row<'_, D::Sample>) -> Result<()> + Send + Sync + 'static,
{
    type Sample = D::Sample;

    fn len(&self) -> usize {
        self.from.len()
    }

    fn get(&self, index: usize, mut row: Row<'_, D::Sample>) -> Result<()> {
        self.from.get(index, D::Sample::reborrow(&mut row))?;
        (self.f)(row)
    }
}

/// The first samples: [`Dataset::take`].
pub struct Take<D> {
    from: D,
    len: usize,
}

impl<D: Dataset> Take<D> {
    pub(super) fn new(from: D, n: usize) -> Self {
        let len = n.min(from.len());
        Take { from, len }
    }
}

impl<D: Dataset> Dataset for Take<D> {
    type Sample = D::Sample;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize, row: Row<'_, D::Sample>) -> Result<()> {
        check_index("Take::get", index, self.len)?;
        self.from.get(index, row)
    }
}

/// One dataset after another: [`Dataset::concat`].
pub struct Concat<A, B> {
    first: A,
    second: B,
}

impl<A, B> Concat<A, B> {
    pub(super) fn new(first: A, second: B) -> Self {
        Concat { first, second }
    }
}

impl<A: Dataset, B: Dataset<Sample = A::Sample>> Dataset for Concat<A, B> {
    type Sample = A::Sample;

    fn len(&self) -> usize {
        self.first.len() + self.second.len()
    }

    fn get(&self, index: usize, row: Row<'_, A::Sample>) -> Result<()> {
        match index.checked_sub(self.first.len()) {
            None => self.first.get(index, row),
            Some(index) => self.second.get(index, row),
        }
    }
}

/// Chosen samples of a dataset that other subsets may share: [`Dataset::subset`],
/// [`Dataset::random_split`].
pub struct Subset<D> {
    from: Arc<D>,
    indices: Vec<usize>,
}

impl<D: Dataset> Subset<D> {
    #[track_caller]
    pub(super) fn new(from: Arc<D>, indices: Vec<usize>) -> Result<Self> {
        let len = from.len();
        for &index in &indices {
            check_index("subset", index, len)?;
        }
        Ok(Subset { from, indices })
    }

    #[track_caller]
    pub(super) fn random_split(from: Arc<D>, first: usize, seed: u64) -> Result<(Self, Self)> {
        let mut indices = permutation(from.len(), seed, 0);
        if first > indices.len() {
            let message = format!("{first} samples wanted in the first part, there are {}", indices.len());
            return Err(Error::Bounds { op: "random_split", message, at: Location::caller() });
        }
        let second = indices.split_off(first);
        Ok((Subset { from: from.clone(), indices }, Subset { from, indices: second }))
    }

    /// The places of these samples in the dataset they are from.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Sample = D::Sample;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn get(&self, index: usize, row: Row<'_, D::Sample>) -> Result<()> {
        check_index("Subset::get", index, self.indices.len())?;
        self.from.get(self.indices[index], row)
    }
}
