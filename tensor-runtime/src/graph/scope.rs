//! Where nodes are made: the scope in the user's model, the operation that the user called and its place.

use crate::error::Location;
use std::cell::{Cell, RefCell};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A place in the user's model: `blocks.3.attention`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Scope(u32);

thread_local! {
    static SCOPE: Cell<Scope> = const { Cell::new(Scope(0)) };
    static OP: Cell<Option<(&'static str, Location)>> = const { Cell::new(None) };
}

thread_local! {
    /// The time of this thread: its number above, how many nodes it made below.
    static MADE: Cell<u64> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed) << 40);
}

/// Threads that have made nodes.
static THREADS: AtomicU64 = AtomicU64::new(0);

/// When the next node of this thread is made.
pub(crate) fn now() -> u64 {
    MADE.get()
}

/// The same; the one after it is made later.
pub(super) fn tick() -> u64 {
    MADE.replace(MADE.get() + 1)
}

/// Every scope entered so far: its parent and its own name.
static SCOPES: Mutex<Vec<(Scope, String)>> = Mutex::new(Vec::new());

impl Scope {
    /// The scope that nodes are made in now, on this thread.
    pub fn current() -> Scope {
        SCOPE.get()
    }

    /// Runs `f` in the scope `name` inside the current one.
    pub fn enter<R>(name: &str, f: impl FnOnce() -> R) -> R {
        let parent = SCOPE.get();
        let _guard = Restore(&SCOPE, parent);
        SCOPE.set(parent.child(name));
        f()
    }

    fn child(self, name: &str) -> Scope {
        thread_local! {
            static KNOWN: RefCell<std::collections::HashMap<u32, Vec<(String, Scope)>>> = RefCell::default();
        }
        KNOWN.with_borrow_mut(|known| {
            let children = known.entry(self.0).or_default();
            if let Some((_, scope)) = children.iter().find(|(n, _)| n == name) {
                return *scope;
            }
            let mut scopes = SCOPES.lock().unwrap_or_else(|e| e.into_inner());
            let found = scopes.iter().position(|(p, n)| *p == self && n == name);
            let index = found.unwrap_or_else(|| {
                scopes.push((self, name.to_string()));
                scopes.len() - 1
            });
            let scope = Scope(index as u32 + 1);
            children.push((name.to_string(), scope));
            scope
        })
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scopes = SCOPES.lock().unwrap_or_else(|e| e.into_inner());
        let mut names = vec![];
        let mut at = *self;
        while at.0 > 0 {
            let (parent, name) = &scopes[at.0 as usize - 1];
            names.push(name.as_str());
            at = *parent;
        }
        names.reverse();
        f.pad(&names.join("."))
    }
}

struct Restore<T: Copy + 'static>(&'static std::thread::LocalKey<Cell<T>>, T);

impl<T: Copy> Drop for Restore<T> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

/// Until it is dropped, nodes are made under the name of the operation that the user called and with
/// the place of that call. The outermost name stays: nodes inside `softmax` are softmax's.
#[must_use]
pub(crate) struct Named {
    outermost: bool,
}

#[track_caller]
pub(crate) fn named(name: &'static str) -> Named {
    named_at(name, std::panic::Location::caller())
}

/// The same with the place of the call.
pub(crate) fn named_at(name: &'static str, at: Location) -> Named {
    let outermost = OP.get().is_none();
    if outermost {
        OP.set(Some((name, at)));
    }
    Named { outermost }
}

impl Drop for Named {
    fn drop(&mut self) {
        if self.outermost {
            OP.set(None);
        }
    }
}

/// The operation that nodes are made for now, and where the user called it.
pub(super) fn op() -> (&'static str, Location) {
    OP.get().unwrap_or(("", std::panic::Location::caller()))
}

/// The operation that nodes are made for now.
pub(crate) fn op_name() -> &'static str {
    op().0
}

/// Where the user called it.
pub(crate) fn op_at() -> Location {
    op().1
}
