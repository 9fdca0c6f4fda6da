//! Nodes that users hold, and what is to be done about nodes later: pending ones are evaluated by a step,
//! valued ones cut after it.

use super::{Data, Node, Walk, cut};
use crate::prim::Op;
use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

/// A node that a user holds. Its value is kept when it is evaluated, and a step evaluates it.
pub struct Handle(Node);

impl Handle {
    pub(crate) fn new(node: Node) -> Handle {
        if node.0.handles.fetch_add(1, Ordering::Relaxed) == 0 && !matches!(node.op(), Op::Leaf(_)) {
            PENDING.with_borrow_mut(|list| list.push(&node, is_pending));
        }
        Handle(node)
    }

    pub(crate) fn node(&self) -> &Node {
        &self.0
    }
}

impl Clone for Handle {
    fn clone(&self) -> Handle {
        self.0.0.handles.fetch_add(1, Ordering::Relaxed);
        Handle(self.0.clone())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.0.0.handles.fetch_sub(1, Ordering::Relaxed) == 1 && !matches!(self.0.op(), Op::Leaf(_)) {
            // Without the list, at the end of a thread or in the midst of a sweep, it just stays noted.
            let forget = |list: &RefCell<Noted>| list.try_borrow_mut().map(|mut list| list.forget_recent(&self.0));
            let _ = PENDING.try_with(forget);
        }
    }
}

/// Nodes that something is to be done about later, if they are still there.
#[derive(Default)]
struct Noted {
    nodes: Vec<Weak<Data>>,
    /// The list is swept when it reaches this length.
    limit: usize,
}

thread_local! {
    /// Nodes that got a handle on this thread and may still be pending.
    static PENDING: RefCell<Noted> = RefCell::default();
    /// Nodes that got a value on this thread and still know their inputs, for `backward`.
    static VALUED: RefCell<Noted> = RefCell::default();
}

impl Noted {
    /// Adds a node; of the others those stay that are `open`.
    fn push(&mut self, node: &Node, open: impl Fn(&Node) -> bool) {
        if self.nodes.len() >= self.limit {
            self.nodes.retain(|n| n.upgrade().is_some_and(|n| open(&Node(n))));
            self.limit = 2 * self.nodes.len() + 64;
        }
        self.nodes.push(node.downgrade());
    }

    /// Takes a node away again if it is one of the last two: what `x * a + b` made on its way.
    fn forget_recent(&mut self, node: &Node) {
        let recent = self.nodes.len().saturating_sub(2);
        if let Some(i) = self.nodes[recent..].iter().position(|n| n.as_ptr() == Arc::as_ptr(&node.0)) {
            self.nodes.remove(recent + i);
        }
    }
}

fn is_pending(node: &Node) -> bool {
    node.is_held() && !node.is_settled()
}

/// The pending nodes that users hold and that were made on this thread; the list is emptied.
pub(crate) fn take_pending() -> Vec<Node> {
    PENDING.with_borrow_mut(|list| {
        let nodes = std::mem::take(&mut list.nodes);
        list.limit = 0;
        nodes.into_iter().filter_map(|n| n.upgrade().map(Node)).filter(is_pending).collect()
    })
}

/// Notes that `node` got a value.
pub(crate) fn note_valued(node: &Node) {
    VALUED.with_borrow_mut(|list| list.push(node, |_| true));
}

/// Cuts the nodes of [`note_valued`] that lie above a leaf that was overwritten.
pub(crate) fn cut_valued() {
    let valued = VALUED.take();
    let mut kept = vec![];
    for weak in valued.nodes {
        let Some(node) = weak.upgrade().map(Node) else { continue };
        match ground(&node) {
            Ground::Overwritten => cut([&node]),
            Ground::Params => kept.push(weak),
            // Nothing that it is made of is ever overwritten.
            Ground::Data => {}
        }
    }
    VALUED.with_borrow_mut(|list| list.nodes.append(&mut kept));
}

/// What a node is made of, for gradients.
enum Ground {
    Overwritten,
    Params,
    Data,
}

fn ground(root: &Node) -> Ground {
    let walk = Walk::start();
    let mut stack = vec![root];
    let mut ground = Ground::Data;
    while let Some(node) = stack.pop() {
        if walk.number(node).is_some() || node.op().is_detached() {
            continue;
        }
        walk.set(node, 0);
        if node.is_param() {
            ground = Ground::Params;
        }
        if node.is_cut() {
            return Ground::Overwritten;
        }
        stack.extend(walk.inputs(node));
    }
    ground
}

/// Puts nodes back that could not be evaluated.
pub(crate) fn restore_pending(nodes: &[Node]) {
    PENDING.with_borrow_mut(|list| nodes.iter().for_each(|n| list.push(n, is_pending)));
}
