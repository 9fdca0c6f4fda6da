//! Walks over the graph, and what only a walk may change: the inputs of nodes.

use super::{CUT, Inputs, Node};
use std::cell::UnsafeCell;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard};

/// The inputs of a node. Who holds both the lock of walks and that of the node's state writes them, so who holds either
/// reads them.
pub(super) struct Edges(UnsafeCell<Inputs>);

// SAFETY: every access goes by the rule above.
unsafe impl Sync for Edges {}

impl Edges {
    pub fn new(inputs: Inputs) -> Edges {
        Edges(UnsafeCell::new(inputs))
    }

    pub fn get_mut(&mut self) -> &mut Inputs {
        self.0.get_mut()
    }
}

impl Node {
    /// Its inputs; none once it is cut.
    pub(crate) fn inputs(&self) -> Inputs {
        let _state = self.state();
        // SAFETY: the lock of the state is held.
        unsafe { (*self.0.inputs.0.get()).clone() }
    }

    /// Lets go of the inputs: they are needed no more.
    pub(crate) fn let_go(&self) {
        let inputs = Walk::start().take(self);
        // The walk is over: what is freed here takes its time.
        drop(inputs);
    }
}

/// Lets go of the inputs of `nodes`: what lies below was overwritten.
pub(crate) fn cut<'a>(nodes: impl IntoIterator<Item = &'a Node>) {
    let mut walk = Walk::start();
    let mut taken = vec![];
    for node in nodes {
        node.0.flags.fetch_or(CUT, Ordering::Relaxed);
        taken.push(walk.take(node));
    }
    drop(walk);
}

/// A walk over the graph: visits a node once and numbers it. Marks are in the nodes, so one walk
/// runs at a time; it takes microseconds and no kernel runs meanwhile.
pub(crate) struct Walk {
    epoch: u64,
    _one: MutexGuard<'static, u64>,
}

static WALKS: Mutex<u64> = Mutex::new(0);

/// Bits of a mark that hold the number of the node; the others count walks.
const NUMBER_BITS: u32 = 24;

impl Walk {
    pub fn start() -> Walk {
        let mut count = WALKS.lock().unwrap_or_else(|e| e.into_inner());
        *count += 1;
        Walk { epoch: *count << NUMBER_BITS, _one: count }
    }

    /// The number given to `node` in this walk.
    #[inline]
    pub fn number(&self, node: &Node) -> Option<u32> {
        let mark = node.0.mark.load(Ordering::Relaxed);
        (mark >> NUMBER_BITS << NUMBER_BITS == self.epoch).then_some((mark & ((1 << NUMBER_BITS) - 1)) as u32)
    }

    #[inline]
    pub fn set(&self, node: &Node, number: u32) {
        node.0.mark.store(self.epoch | number as u64, Ordering::Relaxed);
    }

    /// The inputs of `node`; none once it is cut. What lies below a node that is held stays while the walk goes on.
    #[inline]
    pub fn inputs<'w>(&'w self, node: &'w Node) -> &'w [Node] {
        // SAFETY: this walk holds the lock of walks, and borrows it while it reads.
        unsafe { &*node.0.inputs.0.get() }
    }

    fn take(&mut self, node: &Node) -> Inputs {
        let _state = node.state();
        // SAFETY: both locks are held, and nobody borrows this walk.
        unsafe { std::mem::take(&mut *node.0.inputs.0.get()) }
    }
}
