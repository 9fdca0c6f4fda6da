//! Reverse-mode differentiation: from a graph to a graph. It knows no primitive; each brings its
//! rule. Gradients are nodes, so they can be differentiated again.

use crate::error::Error;
use crate::graph::{Node, Walk};
use crate::prim::Pull;
use formwork_ir::Intrinsic;
use std::ops::Range;

/// The part of a graph below some nodes, inputs before users.
#[derive(Default)]
struct Below {
    nodes: Vec<Node>,
    places: Vec<Place>,
    /// The places of inputs, one node's behind the other's.
    inputs: Vec<u32>,
    /// The places of the nodes that it was asked for.
    roots: Vec<u32>,
    cut: bool,
}

/// What there is to know of a node of [`Below`].
struct Place {
    /// Where the places of its inputs stand.
    inputs: Range<usize>,
    is_wanted: bool,
    /// Whether it or something below is wanted.
    is_needed: bool,
}

/// A node under way: its inputs, and which of them comes next.
struct Visit<'w> {
    node: &'w Node,
    inputs: &'w [Node],
    next: usize,
    is_wanted: bool,
}

/// Cotangents of a node's outputs, of which all but regions have one.
type Slots = smallvec::SmallVec<[Option<Node>; 1]>;

impl Below {
    /// Everything below `roots`; what was detached or is `wanted` is a leaf.
    fn new<'a>(roots: impl Iterator<Item = &'a Node>, wanted: &dyn Fn(&Node) -> bool) -> Below {
        let walk = Walk::start();
        let mut below = Below::default();
        let mut stack: Vec<Visit> = vec![];
        for root in roots {
            stack.extend(below.enter(root, &walk, wanted));
            while let Some(top) = stack.last_mut() {
                if let Some(input) = top.inputs.get(top.next) {
                    top.next += 1;
                    stack.extend(below.enter(input, &walk, wanted));
                } else if let Some(visit) = stack.pop() {
                    below.finish(visit, &walk);
                }
            }
            below.roots.extend(walk.number(root));
        }
        below
    }

    /// Begins with a node if it has no place yet.
    fn enter<'w>(&mut self, node: &'w Node, walk: &'w Walk, wanted: &dyn Fn(&Node) -> bool) -> Option<Visit<'w>> {
        if walk.number(node).is_some() {
            return None;
        }
        let (is_wanted, is_detached) = (wanted(node), node.op().is_detached());
        self.cut |= !is_detached && node.is_cut();
        let inputs = if is_wanted || is_detached { &[] } else { walk.inputs(node) };
        Some(Visit { node, inputs, next: 0, is_wanted })
    }

    /// Gives a node a place whose inputs have theirs.
    fn finish(&mut self, Visit { node, inputs, is_wanted, .. }: Visit<'_>, walk: &Walk) {
        walk.set(node, self.nodes.len() as u32);
        let start = self.inputs.len();
        self.inputs.extend(inputs.iter().filter_map(|n| walk.number(n)));
        let inputs = start..self.inputs.len();
        let is_needed = is_wanted || self.inputs[start..].iter().any(|&p| self.places[p as usize].is_needed);
        self.nodes.push(node.clone());
        self.places.push(Place { inputs, is_wanted, is_needed });
    }
}

/// The cotangents of the nodes below `root` for which `wanted` is true, given that of `root`.
pub(crate) fn gradients(root: &Node, seed: Node, wanted: impl Fn(&Node) -> bool) -> Result<Vec<(Node, Node)>, Error> {
    if let Some(error) = root.error() {
        return Err(error);
    }
    pull(&[(root.clone(), seed)], &wanted)
}

/// The cotangents of `wanted`, given those of some nodes above.
pub(crate) fn gradients_of(roots: &[(Node, Node)], wanted: &[Node]) -> Vec<Option<Node>> {
    let found = pull(roots, &|n| wanted.iter().any(|w| w.same(n))).unwrap_or_default();
    wanted.iter().map(|w| found.iter().find(|f| f.0.same(w)).map(|f| f.1.clone())).collect()
}

/// The cotangents of the nodes for which `wanted` is true, given those of `roots`.
fn pull(roots: &[(Node, Node)], wanted: &dyn Fn(&Node) -> bool) -> Result<Vec<(Node, Node)>, Error> {
    let below = Below::new(roots.iter().map(|r| &r.0), wanted);
    if below.cut {
        return Err(Error::Cut { at: roots[0].0.origin().at });
    }
    let mut cotangents: Vec<Slots> = vec![Slots::new(); below.nodes.len()];
    let mut found = vec![];
    for (&place, (_, seed)) in below.roots.iter().zip(roots) {
        add(&mut cotangents[place as usize], 0, seed.clone());
    }
    let mut inputs: Vec<&Node> = vec![];
    for (i, (node, place)) in below.nodes.iter().zip(&below.places).enumerate().rev() {
        let g = std::mem::take(&mut cotangents[i]);
        if g.is_empty() {
            continue;
        }
        if place.is_wanted {
            found.extend(g[0].clone().map(|g| (node.clone(), g)));
        }
        let places = &below.inputs[place.inputs.clone()];
        inputs.clear();
        inputs.extend(places.iter().map(|&p| &below.nodes[p as usize]));
        let needed = |k: usize| below.places[places[k] as usize].is_needed;
        let pull = Pull { g: &g, needed: &needed, gradients: gradients_of };
        let pulled = node.op().cotangents(node, &inputs, &pull);
        for (&place, dx) in places.iter().zip(pulled) {
            if let Some(dx) = dx {
                add(&mut cotangents[place as usize], node.op().output(), dx);
            }
        }
    }
    found.reverse();
    Ok(found)
}

/// Adds a cotangent to those of output `index`.
fn add(to: &mut Slots, index: usize, g: Node) {
    while to.len() <= index {
        to.push(None);
    }
    to[index] = Some(match to[index].take() {
        Some(other) => other.binary(Intrinsic::Add, &g),
        None => g,
    });
}
