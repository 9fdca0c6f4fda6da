//! The graph: untyped nodes that say what is to be computed.
//!
//! A [`Node`] is made by an operation and never changes what it means. It is pending, valued or
//! poisoned; once the parameters it was made from are overwritten it is cut: it lets go of its
//! inputs and keeps its value, if it has one. A [`Handle`] is a node that a user holds.
//! Nothing here knows what an operation computes (see `prim`) or when it runs (see `eval`).

mod handle;
mod scope;
mod walk;

pub use handle::Handle;
pub(crate) use handle::{cut_valued, note_valued, restore_pending, take_pending};
pub use scope::Scope;
use scope::op;
pub(crate) use scope::{named, named_at, now, op_at, op_name};
use walk::Edges;
pub(crate) use walk::{Walk, cut};

use crate::device::{Buffer, Device};
use crate::error::{Error, Location};
use crate::prim::Op;
use formwork_ir::DType;
use smallvec::SmallVec;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// Sizes of the axes of a node.
pub type Dims = SmallVec<[usize; 6]>;
pub(crate) type Inputs = SmallVec<[Node; 3]>;

/// Pending nodes above each other that are let grow before they are evaluated on the spot.
pub(crate) const MAX_DEPTH: u32 = 4096;

/// A shared reference to a node of the graph.
#[derive(Clone)]
pub struct Node(Arc<Data>);

pub(crate) struct Data {
    pub op: Op,
    pub dims: Dims,
    pub dtype: DType,
    /// None if it is made of numbers alone, which live on every device.
    pub home: Option<Device>,
    pub origin: Origin,
    /// When it was made: larger than those made before on its thread.
    made: u64,
    depth: u32,
    handles: AtomicU32,
    /// What is known of its state without a lock: the bits below.
    flags: AtomicU8,
    /// The last walk that came here, and the number it gave: see [`Walk`].
    mark: AtomicU64,
    inputs: Edges,
    state: Mutex<State>,
}

/// It has or had a value, or is poisoned: no longer pending.
const SETTLED: u8 = 1;
const VALUED: u8 = 2;
const POISONED: u8 = 4;
/// Its inputs were let go of, since parameters below it were overwritten.
const CUT: u8 = 8;
/// A transfer that had no value when it was made lies below, or is this.
const TRANSFERS: u8 = 16;

/// Where a node comes from: for error messages and `explain`, never part of a plan's key.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The method that made it.
    pub name: &'static str,
    pub at: Location,
    pub scope: Scope,
}

impl Origin {
    fn now() -> Origin {
        let (name, at) = op();
        Origin { name, at, scope: Scope::current() }
    }
}

#[derive(Default)]
struct State {
    value: Option<Arc<Buffer>>,
    poison: Option<Arc<Error>>,
}

impl Node {
    /// A node of `op` over `inputs`. A poisoned input poisons it.
    pub(crate) fn new(op: Op, dims: Dims, dtype: DType, inputs: Inputs) -> Node {
        Node::new_at(Origin::now(), op, dims, dtype, inputs, None)
    }

    /// The same, of inputs that may all be numbers, on `device`.
    pub(crate) fn new_on(device: Option<Device>, op: Op, dims: Dims, dtype: DType, inputs: Inputs) -> Node {
        Node::new_at(Origin::now(), op, dims, dtype, inputs, device)
    }

    /// A node of this one alone, of its dims and on another device.
    pub(crate) fn moved(&self, op: Op, device: Device) -> Node {
        let state = State { value: None, poison: self.state().poison.clone() };
        let (dims, inputs, depth) = (self.dims().clone(), Inputs::from_iter([self.clone()]), self.0.depth + 1);
        Node::with(Origin::now(), op, dims, self.dtype(), Some(device), depth, TRANSFERS, inputs, state)
    }

    /// This node's operation of other inputs of the same dims.
    pub(crate) fn copy(&self, inputs: Inputs) -> Node {
        Node::new_at(self.origin(), self.op().clone(), self.dims().clone(), self.dtype(), inputs, self.home())
    }

    fn new_at(origin: Origin, op: Op, dims: Dims, dtype: DType, inputs: Inputs, mut device: Option<Device>) -> Node {
        let mut depth = 0;
        let mut poison = None;
        let mut transfers = 0;
        for input in &inputs {
            let flags = input.flags();
            match flags {
                flags if flags & POISONED != 0 => poison = poison.or_else(|| input.state().poison.clone()),
                flags if flags & SETTLED != 0 => {}
                _ => {
                    depth = depth.max(input.0.depth + 1);
                    transfers |= flags & TRANSFERS;
                }
            }
            if let Some(right) = input.home() {
                let left = *device.get_or_insert(right);
                if left != right && poison.is_none() {
                    let (op, at) = (origin.name, origin.at);
                    poison = Some(Arc::new(Error::Devices { op, left, right, at }));
                }
            }
        }
        let state = State { value: None, poison };
        let node = Node::with(origin, op, dims, dtype, device, depth, transfers, inputs, state);
        if depth > MAX_DEPTH
            && !node.is_poisoned()
            && let Err(e) = crate::eval::look(std::slice::from_ref(&node))
        {
            node.poison(e);
        }
        node
    }

    /// A node that holds a value.
    pub(crate) fn valued(op: Op, dims: Dims, dtype: DType, value: Arc<Buffer>) -> Node {
        let device = value.device();
        let state = State { value: Some(value), poison: None };
        Node::with(Origin::now(), op, dims, dtype, Some(device), 0, 0, Inputs::new(), state)
    }

    /// A node that is nothing but an error, of the shape that was wanted.
    pub(crate) fn poisoned(error: Error, dims: Dims, dtype: DType) -> Node {
        let state = State { value: None, poison: Some(Arc::new(error)) };
        let op = Op::Leaf(crate::prim::Leaf::default());
        Node::with(Origin::now(), op, dims, dtype, None, 0, 0, Inputs::new(), state)
    }

    fn with(
        origin: Origin,
        op: Op,
        dims: Dims,
        dtype: DType,
        home: Option<Device>,
        depth: u32,
        transfers: u8,
        inputs: Inputs,
        state: State,
    ) -> Node {
        let flags = match &state {
            State { poison: Some(_), .. } => SETTLED | POISONED,
            State { value: Some(_), .. } => SETTLED | VALUED,
            _ => transfers,
        };
        Node(Arc::new(Data {
            op,
            dims,
            dtype,
            home,
            origin,
            made: scope::tick(),
            depth,
            handles: AtomicU32::new(0),
            flags: AtomicU8::new(flags),
            mark: AtomicU64::new(0),
            inputs: Edges::new(inputs),
            state: Mutex::new(state),
        }))
    }

    /// A poisoned node of this one's dims: run-time sizes that types call equal differ.
    pub(crate) fn dims_differ(&self, other: &Node) -> Node {
        let (left, right) = (self.dims().to_vec(), other.dims().to_vec());
        Node::poisoned(Error::Dims { op: op_name(), left, right, at: op_at() }, self.dims().clone(), self.dtype())
    }

    pub fn op(&self) -> &Op {
        &self.0.op
    }

    pub fn dims(&self) -> &Dims {
        &self.0.dims
    }

    pub fn rank(&self) -> usize {
        self.0.dims.len()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.0.dims.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of its value.
    pub fn bytes(&self) -> usize {
        self.len() * self.dtype().size()
    }

    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    pub fn device(&self) -> Device {
        self.0.home.unwrap_or_default()
    }

    /// The device that it must be evaluated on, if it is not made of numbers alone.
    pub(crate) fn home(&self) -> Option<Device> {
        self.0.home
    }

    /// Whether a transfer that has no value yet may lie below.
    pub(crate) fn has_transfers(&self) -> bool {
        self.flags() & (TRANSFERS | SETTLED) == TRANSFERS
    }

    pub fn origin(&self) -> Origin {
        self.0.origin
    }

    /// When it was made, in an order that is the program's for the nodes of one thread.
    pub(crate) fn made(&self) -> u64 {
        self.0.made
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn flags(&self) -> u8 {
        self.0.flags.load(Ordering::Relaxed)
    }

    pub(crate) fn value(&self) -> Option<Arc<Buffer>> {
        self.state().value.clone()
    }

    pub(crate) fn error(&self) -> Option<Error> {
        if self.is_poisoned() { self.state().poison.as_deref().cloned() } else { None }
    }

    /// Whether it has a value or is poisoned; a value may be gone again.
    pub(crate) fn is_settled(&self) -> bool {
        self.flags() & SETTLED != 0
    }

    pub(crate) fn has_value(&self) -> bool {
        self.flags() & VALUED != 0
    }

    fn is_poisoned(&self) -> bool {
        self.flags() & POISONED != 0
    }

    /// Whether its inputs were let go of, since parameters below it were overwritten.
    pub(crate) fn is_cut(&self) -> bool {
        self.flags() & CUT != 0
    }

    /// Whether a user holds it.
    pub(crate) fn is_held(&self) -> bool {
        self.0.handles.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn handles(&self) -> u32 {
        self.0.handles.load(Ordering::Relaxed)
    }

    pub(crate) fn poison(&self, error: Error) {
        let mut state = self.state();
        state.poison = Some(Arc::new(error));
        self.0.flags.fetch_or(SETTLED | POISONED, Ordering::Relaxed);
    }

    /// Gives it its value, if it has none; tells whether it had none.
    pub(crate) fn settle(&self, value: Arc<Buffer>) -> bool {
        let mut state = self.state();
        let open = state.value.is_none();
        if open {
            state.value = Some(value);
            self.0.flags.fetch_or(SETTLED | VALUED, Ordering::Relaxed);
        }
        open
    }

    /// Takes its value away if that is as `may` says.
    pub(crate) fn take_value(&self, may: impl FnOnce(&Arc<Buffer>) -> bool) -> Option<Arc<Buffer>> {
        let mut state = self.state();
        state.value.as_ref().filter(|v| may(v))?;
        self.0.flags.fetch_and(!VALUED, Ordering::Relaxed);
        state.value.take()
    }

    /// A number that no other node has while this one lives.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    pub(crate) fn same(&self, other: &Node) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn downgrade(&self) -> Weak<Data> {
        Arc::downgrade(&self.0)
    }

    /// Whether somebody can ask for its gradient, or for that of what it is made of.
    pub(crate) fn may_be_asked(&self) -> bool {
        /// Nodes that are looked at before the answer is yes.
        const MANY: usize = 256;
        let mut stack = vec![self.clone()];
        let mut seen = 0;
        while let Some(node) = stack.pop() {
            seen += 1;
            if seen > MANY || (node.dtype().is_float() && (node.is_held() || node.is_param())) {
                return true;
            }
            if !node.op().is_detached() {
                stack.extend(node.inputs());
            }
        }
        false
    }

    /// How many references to it there are: those of users, of nodes above it and of evaluations.
    pub(crate) fn references(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    pub(crate) fn weak(&self) -> WeakNode {
        WeakNode(self.downgrade())
    }
}

/// A node that may be gone.
#[derive(Clone)]
pub(crate) struct WeakNode(Weak<Data>);

impl WeakNode {
    pub(crate) fn upgrade(&self) -> Option<Node> {
        self.0.upgrade().map(Node)
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}{:?}", self.op(), self.dtype(), self.dims())
    }
}

thread_local! {
    /// Inputs of dropped nodes, to be dropped one after the other and not inside each other.
    static DROPPED: RefCell<Vec<Node>> = const { RefCell::new(Vec::new()) };
    /// Whether a drop of this thread empties that list.
    static DROPPING: Cell<bool> = const { Cell::new(false) };
}

impl Drop for Data {
    fn drop(&mut self) {
        // Only the last reference to a pending chain can start a deep recursion.
        let is_last = |n: &Node| Arc::strong_count(&n.0) == 1 && n.0.depth > 0;
        let mut last = Inputs::new();
        for input in self.inputs.get_mut().drain(..) {
            if is_last(&input) {
                last.push(input);
            }
        }
        if last.is_empty() {
            return;
        }
        DROPPED.with_borrow_mut(|list| list.extend(last));
        if !DROPPING.replace(true) {
            while let Some(node) = DROPPED.with_borrow_mut(Vec::pop) {
                drop(node);
            }
            DROPPING.set(false);
        }
    }
}
