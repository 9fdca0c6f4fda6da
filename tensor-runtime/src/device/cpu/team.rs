//! A thread and its helpers: fork, work, join.
//!
//! The thread that forks works too, so nothing is handed over, and helpers that come late or not at
//! all are not waited for. Helpers look out for the next job for a while before they sleep: kernels
//! follow one another within microseconds, and waking a thread takes fifty of them.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a helper looks out for work before it sleeps.
const LOOKOUT: Duration = Duration::from_micros(100);
/// Pauses between two looks at the clock, or two offers of the core to other threads.
const PAUSES: usize = 64;

/// Threads that help whoever asks first.
pub(super) struct Team {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
}

type Job = dyn Fn() + Sync;

struct Shared {
    /// See [`State`].
    state: AtomicU64,
    /// Written while the state offers no seat and nobody works.
    job: UnsafeCell<Option<*const Job>>,
    /// Whether some thread has forked and not joined.
    taken: AtomicBool,
    /// Helpers that sleep, or are about to.
    sleepers: AtomicUsize,
    bed: Mutex<Bed>,
    wake: Condvar,
}

#[derive(Default)]
struct Bed {
    is_closed: bool,
    /// Of the first task of a job that panicked.
    panic: Option<Box<dyn Any + Send>>,
}

// SAFETY: the job is written by the thread that took the team, before the state offers seats, and read
// by helpers that got one; it is `Sync`, and the fork waits for all who got a seat.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

/// Helpers that may still join the job, and those at work: the low and high half of a word.
#[derive(Clone, Copy)]
struct State {
    seats: u32,
    working: u32,
}

impl State {
    fn of(word: u64) -> State {
        State { seats: word as u32, working: (word >> 32) as u32 }
    }

    fn word(self) -> u64 {
        (self.working as u64) << 32 | self.seats as u64
    }
}

impl Shared {
    /// A panic of a task is caught, so no thread panics while it holds the lock.
    fn bed(&self) -> MutexGuard<'_, Bed> {
        self.bed.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Takes a seat if there is one.
    fn sit(&self) -> bool {
        let mut word = self.state.load(Ordering::SeqCst);
        loop {
            let State { seats, working } = State::of(word);
            if seats == 0 {
                return false;
            }
            let taken = State { seats: seats - 1, working: working + 1 }.word();
            match self.state.compare_exchange_weak(word, taken, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
    }

    fn work(&self) {
        // SAFETY: this thread has a seat, so the job is there until it gives the seat up.
        let done = catch_unwind(AssertUnwindSafe(|| unsafe {
            if let Some(job) = *self.job.get() {
                (*job)();
            }
        }));
        if let Err(panic) = done {
            self.bed().panic.get_or_insert(panic);
        }
        self.state.fetch_sub(State { seats: 0, working: 1 }.word(), Ordering::SeqCst);
    }

    /// The life of a helper.
    fn help(&self) {
        loop {
            let start = Instant::now();
            while !self.sit() {
                (0..PAUSES).for_each(|_| std::hint::spin_loop());
                if start.elapsed() > LOOKOUT && !self.sleep() {
                    return;
                }
                std::thread::yield_now();
            }
            self.work();
        }
    }

    /// Sleeps until there may be a seat; false if there will be none any more.
    fn sleep(&self) -> bool {
        let mut bed = self.bed();
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        while !bed.is_closed && State::of(self.state.load(Ordering::SeqCst)).seats == 0 {
            bed = self.wake.wait(bed).unwrap_or_else(|e| e.into_inner());
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
        !bed.is_closed
    }
}

impl Team {
    /// A team of this many threads, the one that forks among them.
    pub fn new(threads: usize) -> Team {
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            job: UnsafeCell::new(None),
            taken: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            bed: Mutex::default(),
            wake: Condvar::new(),
        });
        let helper = |i: usize| {
            let shared = shared.clone();
            let name = format!("formwork-{i}");
            let helper = std::thread::Builder::new().name(name).spawn(move || shared.help());
            helper.inspect_err(|e| log::warn!("no thread {i} of {threads} ({e}); kernels run on those there are")).ok()
        };
        let helpers = (1..threads).map_while(helper).collect();
        Team { shared, helpers }
    }

    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Runs `work` here and on up to `threads - 1` helpers at once; alone while another thread has
    /// them.
    pub fn fork(&self, threads: usize, work: &(dyn Fn() + Sync)) {
        let seats = threads.min(self.threads()).saturating_sub(1) as u32;
        let shared = &*self.shared;
        if seats == 0 || shared.taken.swap(true, Ordering::SeqCst) {
            return work();
        }
        // SAFETY: the lifetime is forgotten, not outlived: no helper has a seat when this function
        // returns or unwinds. Nobody reads the job while there are no seats.
        unsafe { *shared.job.get() = Some(std::mem::transmute::<*const (dyn Fn() + Sync), *const Job>(work)) };
        shared.state.store(State { seats, working: 0 }.word(), Ordering::SeqCst);
        if shared.sleepers.load(Ordering::SeqCst) > 0 {
            drop(shared.bed());
            (0..seats).for_each(|_| shared.wake.notify_one());
        }
        let done = catch_unwind(AssertUnwindSafe(work));
        let mut at = shared.state.fetch_and(State { seats: 0, working: u32::MAX }.word(), Ordering::SeqCst);
        let mut looks = 0;
        while State::of(at).working > 0 {
            looks += 1;
            if looks % PAUSES == 0 {
                std::thread::yield_now()
            } else {
                std::hint::spin_loop()
            }
            at = shared.state.load(Ordering::SeqCst);
        }
        let panic = shared.bed().panic.take();
        shared.taken.store(false, Ordering::SeqCst);
        if let Some(panic) = done.err().or(panic) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.bed().is_closed = true;
        self.shared.wake.notify_all();
        // A helper catches what its tasks throw: joining cannot fail.
        self.helpers.drain(..).for_each(|helper| drop(helper.join()));
    }
}
