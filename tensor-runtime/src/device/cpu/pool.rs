//! The one thread pool, and how work is spread over it.

use crate::settings;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    /// How many threads the pool of this thread has; 0 outside of our pools.
    static POOL_THREADS: Cell<usize> = const { Cell::new(0) };
}

static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
static THREADS: OnceLock<usize> = OnceLock::new();

/// How many threads kernels run on: `FORMWORK_THREADS`, or else the number of cores.
pub fn threads() -> usize {
    *THREADS.get_or_init(|| {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        settings::threads().unwrap_or_else(cores)
    })
}

fn build(threads: usize) -> Option<ThreadPool> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("formwork-{i}"))
        .start_handler(move |_| POOL_THREADS.set(threads))
        .build();
    pool.inspect_err(|e| log::warn!("no thread pool ({e}); kernels run on the calling thread")).ok()
}

/// Runs `work` on the pool if `parallel`, or else here. On the pool [`for_each`] spreads tasks over
/// its threads.
pub(crate) fn enter<R: Send>(parallel: bool, work: impl FnOnce() -> R + Send) -> R {
    if !parallel || POOL_THREADS.get() > 0 {
        return work();
    }
    match POOL.get_or_init(|| if threads() > 1 { build(threads()) } else { None }) {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// Runs `work` on a pool of its own with `threads` threads: for tests and measurements, as results
/// do not depend on the number of threads.
pub fn with_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    match build(threads.max(1)) {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// Whether [`for_each`] would use more than one thread here.
pub(crate) fn is_parallel() -> bool {
    POOL_THREADS.get() > 1
}

/// Calls `f` with each of `0..tasks`, in parallel if this is a thread of the pool.
pub(crate) fn for_each(tasks: usize, f: impl Fn(usize) + Sync) {
    let threads = POOL_THREADS.get().min(tasks);
    if threads <= 1 {
        return (0..tasks).for_each(f);
    }
    let next = AtomicUsize::new(0);
    spread(threads, &|| {
        loop {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                break;
            }
            f(task);
        }
    });
}

/// Runs `work` on up to `threads` threads at once. A half that nobody stole is run here, after the
/// tasks are gone, so no thread is waited for that did not take part.
fn spread(threads: usize, work: &(impl Fn() + Sync)) {
    if threads == 1 {
        return work();
    }
    let half = threads / 2;
    rayon::join(|| spread(threads - half, work), || spread(half, work));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[test]
    fn every_task_runs_once() {
        for threads in [1, 2, 3, 5] {
            with_threads(threads, || {
                let seen: Vec<AtomicU32> = (0..1000).map(|_| AtomicU32::new(0)).collect();
                for_each(seen.len(), |i| {
                    seen[i].fetch_add(1, Ordering::Relaxed);
                });
                assert!(seen.iter().all(|n| n.load(Ordering::Relaxed) == 1));
            });
        }
    }

    #[test]
    fn enter_stays_on_the_pool_it_is_on() {
        let (outer, inner) = with_threads(3, || (POOL_THREADS.get(), enter(true, || POOL_THREADS.get())));
        assert_eq!((outer, inner), (3, 3));
        assert_eq!(enter(false, || POOL_THREADS.get()), 0);
    }

    #[test]
    fn a_panic_leaves_the_pool_usable() {
        with_threads(2, || {
            let caught = std::panic::catch_unwind(|| for_each(8, |i| assert_ne!(i, 3)));
            assert!(caught.is_err());
            let sum = AtomicUsize::new(0);
            for_each(8, |i| {
                sum.fetch_add(i, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 28);
        });
    }
}
