//! The one team of threads, and how work is spread over it.

use super::team::Team;
use crate::settings;
use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    /// The team that this thread may ask, while it is in [`enter`] or [`with_threads`].
    static TEAM: Cell<Option<*const Team>> = const { Cell::new(None) };
}

static POOL: OnceLock<Option<Team>> = OnceLock::new();
static THREADS: OnceLock<usize> = OnceLock::new();

/// How many threads kernels run on: `FORMWORK_THREADS`, or else the number of cores.
pub fn threads() -> usize {
    *THREADS.get_or_init(|| {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        settings::threads().unwrap_or_else(cores)
    })
}

/// Runs `work` with the pool's threads at hand if `parallel`: then [`for_each`] spreads tasks over them.
pub(crate) fn enter<R>(parallel: bool, work: impl FnOnce() -> R) -> R {
    if !parallel || TEAM.get().is_some() {
        return work();
    }
    match POOL.get_or_init(|| (threads() > 1).then(|| Team::new(threads()))) {
        Some(team) => with_team(team, work),
        None => work(),
    }
}

/// Runs `work` on a pool of its own with `threads` threads: for tests and measurements, as results
/// do not depend on the number of threads.
pub fn with_threads<R>(threads: usize, work: impl FnOnce() -> R) -> R {
    with_team(&Team::new(threads), work)
}

fn with_team<R>(team: &Team, work: impl FnOnce() -> R) -> R {
    struct Restore(Option<*const Team>);
    impl Drop for Restore {
        fn drop(&mut self) {
            TEAM.set(self.0);
        }
    }
    let _restore = Restore(TEAM.replace(Some(team)));
    work()
}

fn team<'a>() -> Option<&'a Team> {
    // SAFETY: the team outlives `with_team`, which takes the pointer back, and callers do not keep it.
    TEAM.get().map(|team| unsafe { &*team })
}

/// Whether [`for_each`] would use more than one thread here.
pub(crate) fn is_parallel() -> bool {
    team().is_some_and(|team| team.threads() > 1)
}

/// Calls `f` with each of `0..tasks`, on the threads of the pool if they are at hand and free.
pub(crate) fn for_each(tasks: usize, f: impl Fn(usize) + Sync) {
    let Some(team) = team().filter(|team| team.threads() > 1 && tasks > 1) else {
        return (0..tasks).for_each(f);
    };
    let next = AtomicUsize::new(0);
    team.fork(tasks, &|| {
        loop {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                break;
            }
            f(task);
        }
    });
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
        let here = || team().map_or(0, Team::threads);
        assert_eq!(with_threads(3, || (here(), enter(true, here))), (3, 3));
        assert_eq!((here(), enter(false, here)), (0, 0));
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

    #[test]
    fn a_task_inside_a_task_and_tasks_of_other_threads_run() {
        let sum = AtomicUsize::new(0);
        let add = |n: usize| {
            sum.fetch_add(n, Ordering::Relaxed);
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    with_threads(3, || (0..200).for_each(|_| for_each(5, |i| for_each(3, |j| add(i * j)))));
                    enter(true, || (0..200).for_each(|_| for_each(5, add)));
                });
            }
        });
        assert_eq!(sum.into_inner(), 4 * 200 * (10 * 3 + 10));
    }
}
