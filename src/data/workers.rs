//! Threads that fill batches ahead of the loop.
//!
//! Worker `w` of `n` fills batches `w`, `w + n`, ... and sends them through a channel of its own,
//! which holds a bounded number. The loop takes batch `i` from worker `i % n`: so batches come in
//! order, and no batch is filled twice.

use super::{Dataset, Sample};
use formwork_runtime::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// The columns of a batch and the number of its samples.
type Filled<C> = Result<(C, usize)>;

/// What an epoch does: sample `order[i]` is row `i % size` of batch `i / size`.
pub(super) struct Plan<D> {
    pub dataset: Arc<D>,
    pub order: Vec<usize>,
    pub size: usize,
    pub batches: usize,
}

impl<D: Dataset> Plan<D> {
    /// The samples of batch `batch`.
    pub fn fill(&self, batch: usize) -> Filled<<D::Sample as Sample>::Columns> {
        self.fill_with(batch, |index, row| self.dataset.get(index, row))
    }

    fn fill_with(
        &self,
        batch: usize,
        mut get: impl FnMut(usize, <D::Sample as Sample>::Row<'_>) -> Result<()>,
    ) -> Filled<<D::Sample as Sample>::Columns> {
        let start = batch * self.size;
        let indices = &self.order[start..self.order.len().min(start + self.size)];
        let mut columns = D::Sample::columns(indices.len());
        for (row, &index) in indices.iter().enumerate() {
            get(index, D::Sample::row(&mut columns, row))?;
        }
        Ok((columns, indices.len()))
    }

    /// As [`fill`](Self::fill), on a worker: a panic of the dataset is an error, and `stop` ends it
    /// between two samples.
    fn fill_guarded(&self, batch: usize, stop: &AtomicBool) -> Filled<<D::Sample as Sample>::Columns> {
        self.fill_with(batch, |index, row| {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::other("the loop over the data loader ended"));
            }
            // A panic leaves nothing behind but this row, and its batch is thrown away.
            catch_unwind(AssertUnwindSafe(|| self.dataset.get(index, row))).unwrap_or_else(|panic| {
                let message =
                    panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
                let message = message.unwrap_or("a value that is no text");
                Err(Error::other(format!("the dataset panicked at sample {index}: {message}")))
            })
        })
    }
}

/// The workers of an epoch. Dropping them stops them and waits until they have ended.
pub(super) struct Workers<C> {
    channels: Vec<Receiver<Filled<C>>>,
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl<C: Send + 'static> Workers<C> {
    /// Starts `count` threads, each of which keeps at most `prefetch` batches ready.
    pub fn start<D>(plan: Plan<D>, count: usize, prefetch: usize) -> Result<Self>
    where
        D: Dataset,
        D::Sample: Sample<Columns = C>,
    {
        let count = count.min(plan.batches);
        let plan = Arc::new(plan);
        let mut workers = Workers { channels: Vec::new(), threads: Vec::new(), stop: Arc::default() };
        for worker in 0..count {
            let (sender, receiver) = sync_channel(prefetch);
            let (plan, stop) = (plan.clone(), workers.stop.clone());
            let thread = Builder::new()
                .name(format!("data-{worker}"))
                .spawn(move || work(&plan, (worker..plan.batches).step_by(count), &sender, &stop))
                .map_err(|e| Error::other(format!("cannot start data worker {worker} of {count}: {e}")))?;
            workers.channels.push(receiver);
            workers.threads.push(thread);
        }
        Ok(workers)
    }
}

impl<C> Workers<C> {
    /// Batch `batch`, as soon as it is filled. Batches are asked for in order.
    pub fn receive(&mut self, batch: usize) -> Filled<C> {
        let worker = batch % self.channels.len();
        self.channels[worker].recv().unwrap_or_else(|_| Err(Error::other(format!("data worker {worker} ended early"))))
    }
}

fn work<D: Dataset>(
    plan: &Plan<D>,
    batches: impl Iterator<Item = usize>,
    sender: &SyncSender<Filled<<D::Sample as Sample>::Columns>>,
    stop: &AtomicBool,
) {
    for batch in batches {
        let filled = plan.fill_guarded(batch, stop);
        let failed = filled.is_err();
        // Nobody receives any more once the loop has ended.
        if sender.send(filled).is_err() || failed {
            return;
        }
    }
}

impl<C> Drop for Workers<C> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.channels.clear();
        for thread in self.threads.drain(..) {
            // A worker catches the panics of the dataset, so there is nothing to pass on.
            let _ = thread.join();
        }
    }
}
