//! Batches of samples as tensors.

use super::workers::{Plan, Workers};
use super::{Dataset, Sample, permutation};
use formwork_runtime::{Device, Error, Result};
use formwork_shapes::Dim;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Stands where a [`DataLoader`] has no batch dim yet; [`DataLoader::batch`] gives it one.
pub struct Unbatched;

/// Makes batches of a dataset's samples: `[B, ..]` of each field, `B` a run-time dim.
///
/// An iteration over it is an epoch. Each one ends with the batch of what is left over, unless
/// [`drop_last`](Self::drop_last) is set.
///
/// ```
/// use formwork::data::{DataLoader, digits};
/// use formwork::prelude::*;
/// dims! { Batch }
///
/// let loader = DataLoader::new(digits::train()?).batch::<Batch>(64).shuffle(1).to(&Device::cpu());
/// assert_eq!(loader.len(), 23);
/// for epoch in 0..2 {
///     for batch in &loader {
///         let batch = batch?;
///         let _images: &Tensor<(Batch, U64)> = &batch.x;
///         let _digits: &Tensor<(Batch,), i64> = &batch.y;
///     }
/// }
/// # Ok::<(), formwork::Error>(())
/// ```
///
/// # Errors
/// A loader's settings cannot fail; what is wrong with them is the first and only item of an
/// iteration. So is an error of the dataset: the `Err` item is the last one.
pub struct DataLoader<D, B> {
    dataset: Arc<D>,
    size: usize,
    seed: Option<u64>,
    drop_last: bool,
    workers: usize,
    prefetch: usize,
    device: Device,
    epoch: AtomicU64,
    dim: PhantomData<fn() -> B>,
}

impl<D: Dataset> DataLoader<D, Unbatched> {
    /// A loader of `dataset`: in its order, on the CPU, without worker threads.
    pub fn new(dataset: D) -> Self {
        DataLoader {
            dataset: Arc::new(dataset),
            size: 1,
            seed: None,
            drop_last: false,
            workers: 0,
            prefetch: 2,
            device: Device::cpu(),
            epoch: AtomicU64::new(0),
            dim: PhantomData,
        }
    }
}

impl<D: Dataset, B> DataLoader<D, B> {
    /// Batches of `size` samples whose first dim is `C`.
    ///
    /// A run-time dim from `dims!` takes every size. A literal one (`batch::<U64>(64)`) wants its
    /// own, and [`drop_last`](Self::drop_last).
    pub fn batch<C: Dim>(self, size: usize) -> DataLoader<D, C> {
        let DataLoader { dataset, seed, drop_last, workers, prefetch, device, epoch, .. } = self;
        DataLoader { dataset, size, seed, drop_last, workers, prefetch, device, epoch, dim: PhantomData }
    }

    /// Draws the samples in random order, another one each epoch: [`permutation`]`(len, seed, epoch)`.
    pub fn shuffle(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Whether to leave out the last batch of an epoch if it is smaller than the others. It is not
    /// left out unless this is set.
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }

    /// Reads samples on `workers` threads, ahead of the loop. The batches are the same and come in
    /// the same order, whatever the number; 0, the default, reads them in the loop.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// How many finished batches a worker keeps ready before it waits for the loop: 2 by default.
    pub fn prefetch(mut self, batches: usize) -> Self {
        self.prefetch = batches;
        self
    }

    /// Makes the tensors on `device`.
    pub fn to(mut self, device: &Device) -> Self {
        self.device = *device;
        self
    }

    /// The dataset.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// Batches in an epoch.
    pub fn len(&self) -> usize {
        let samples = self.dataset.len();
        match (self.size, self.drop_last) {
            (0, _) => 0,
            (size, true) => samples / size,
            (size, false) => samples.div_ceil(size),
        }
    }

    /// Whether an epoch has no batches.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<D: Dataset, B: Dim> DataLoader<D, B> {
    /// The batches of epoch `epoch`, whichever were asked for before: for training that resumes.
    /// Iterations over the loader after this one go on with the next epoch.
    pub fn epoch(&self, epoch: u64) -> Batches<D, B> {
        self.epoch.store(epoch.wrapping_add(1), Ordering::Relaxed);
        let refused = self.check().err();
        let count = if refused.is_some() { 1 } else { self.len() };
        let source = match refused {
            Some(error) => Source::Refused(error),
            None => self.source(epoch),
        };
        Batches { source: Some(source), next: 0, count, device: self.device, dim: PhantomData }
    }

    fn source(&self, epoch: u64) -> Source<D> {
        let samples = self.dataset.len();
        let order = match self.seed {
            Some(seed) => permutation(samples, seed, epoch),
            None => (0..samples).collect(),
        };
        let plan = Plan { dataset: self.dataset.clone(), order, size: self.size, batches: self.len() };
        match self.workers {
            0 => Source::Here(plan),
            n => Workers::start(plan, n, self.prefetch).map_or_else(Source::Refused, Source::Workers),
        }
    }

    fn check(&self) -> Result<()> {
        let setting = |name, found: String, expected: String| Err(Error::Setting { name, found, expected });
        if self.size == 0 {
            return setting("batch", "0".to_string(), "at least 1".to_string());
        }
        if self.workers > 0 && self.prefetch == 0 {
            return setting("prefetch", "0".to_string(), "at least 1, as workers are set".to_string());
        }
        let Some(size) = B::SIZE else { return Ok(()) };
        if size != self.size {
            return setting(
                "batch",
                self.size.to_string(),
                format!("{size}, the size of its dim; or use a dim of `dims!`"),
            );
        }
        let left = self.dataset.len() % size;
        if left != 0 && !self.drop_last {
            let expected = format!(
                "true, as the last batch would have {left} samples and its dim has {size}; or use a dim of `dims!`"
            );
            return setting("drop_last", "false".to_string(), expected);
        }
        Ok(())
    }
}

impl<D: Dataset, B: Dim> IntoIterator for &DataLoader<D, B> {
    type Item = Result<<D::Sample as Sample>::Batch<B>>;
    type IntoIter = Batches<D, B>;

    /// The batches of the next epoch, the first one at first.
    fn into_iter(self) -> Batches<D, B> {
        self.epoch(self.epoch.load(Ordering::Relaxed))
    }
}

impl<D: Dataset, B: Dim> IntoIterator for DataLoader<D, B> {
    type Item = Result<<D::Sample as Sample>::Batch<B>>;
    type IntoIter = Batches<D, B>;

    fn into_iter(self) -> Batches<D, B> {
        (&self).into_iter()
    }
}

/// Where the filled columns of a batch come from.
enum Source<D: Dataset> {
    Here(Plan<D>),
    Workers(Workers<<D::Sample as Sample>::Columns>),
    Refused(Error),
}

/// The batches of one epoch. It ends after the first `Err`. Dropping it stops its workers.
pub struct Batches<D: Dataset, B> {
    source: Option<Source<D>>,
    next: usize,
    count: usize,
    device: Device,
    dim: PhantomData<fn() -> B>,
}

impl<D: Dataset, B> Batches<D, B> {
    /// Batches that are still to come, if there is no error.
    pub fn len(&self) -> usize {
        self.source.as_ref().map_or(0, |_| self.count - self.next)
    }

    /// Whether there are no more.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<D: Dataset, B: Dim> Iterator for Batches<D, B> {
    type Item = Result<<D::Sample as Sample>::Batch<B>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_empty() {
            self.source = None;
            return None;
        }
        let filled = match self.source.as_mut()? {
            Source::Here(plan) => plan.fill(self.next),
            Source::Workers(workers) => workers.receive(self.next),
            Source::Refused(error) => Err(error.clone()),
        };
        self.next += 1;
        let batch = filled.and_then(|(columns, rows)| D::Sample::batch(columns, rows, &self.device));
        if batch.is_err() {
            self.source = None;
        }
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len().min(1), Some(self.len()))
    }
}
