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
    /// The nodes that it was asked for, and inputs of nodes side by side.
    edges: Vec<Node>,
    /// By edge: the place of its node.
    places: Vec<u32>,
    nodes: Vec<Place>,
    /// How many nodes it was asked for.
    roots: usize,
    cut: bool,
}

/// A node of [`Below`]: one of its edges, and the edges that are its inputs.
struct Place {
    edge: usize,
    inputs: Range<usize>,
}

/// Cotangents of a node's outputs, of which all but regions have one.
type Slots = smallvec::SmallVec<[Option<Node>; 1]>;

impl Below {
    /// Everything below `roots`; what was detached or is `wanted` is a leaf.
    fn new<'a>(roots: impl Iterator<Item = &'a Node>, wanted: &dyn Fn(&Node) -> bool) -> Below {
        let walk = Walk::start();
        let mut below = Below { edges: roots.cloned().collect(), ..Below::default() };
        below.roots = below.edges.len();
        let mut stack: Vec<(Place, usize)> = vec![];
        for root in 0..below.roots {
            below.enter(root, &walk, wanted, &mut stack);
            while let Some((place, next)) = stack.last_mut() {
                if *next < place.inputs.end {
                    *next += 1;
                    let input = *next - 1;
                    below.enter(input, &walk, wanted, &mut stack);
                } else if let Some((place, _)) = stack.pop() {
                    walk.set(&below.edges[place.edge], below.nodes.len() as u32);
                    below.nodes.push(place);
                }
            }
        }
        below.places.extend(below.edges.iter().map(|n| walk.number(n).unwrap_or(u32::MAX)));
        below
    }

    /// Begins with the node of an edge if it has no place yet.
    fn enter(&mut self, edge: usize, walk: &Walk, wanted: &dyn Fn(&Node) -> bool, stack: &mut Vec<(Place, usize)>) {
        let node = &self.edges[edge];
        if walk.number(node).is_some() {
            return;
        }
        let start = self.edges.len();
        if !node.op().is_detached() {
            let is_leaf = wanted(node);
            let node = node.clone();
            let state = node.state();
            self.cut |= state.cut;
            if !is_leaf {
                self.edges.extend(state.inputs.iter().cloned());
            }
        }
        stack.push((Place { edge, inputs: start..self.edges.len() }, start));
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
    let mut needed: Vec<bool> = Vec::with_capacity(below.nodes.len());
    for place in &below.nodes {
        let above = below.places[place.inputs.clone()].iter().any(|&p| needed[p as usize]);
        needed.push(above || wanted(&below.edges[place.edge]));
    }
    let mut cotangents: Vec<Slots> = vec![Slots::new(); below.nodes.len()];
    let mut found = vec![];
    for (&place, (_, seed)) in below.places[..below.roots].iter().zip(roots) {
        add(&mut cotangents[place as usize], 0, seed.clone());
    }
    for (i, Place { edge, inputs }) in below.nodes.iter().enumerate().rev() {
        let g = std::mem::take(&mut cotangents[i]);
        if g.is_empty() {
            continue;
        }
        let node = &below.edges[*edge];
        if wanted(node) {
            found.extend(g[0].clone().map(|g| (node.clone(), g)));
        }
        let places = &below.places[inputs.clone()];
        let needed = |k: usize| needed[places[k] as usize];
        let pull = Pull { g: &g, needed: &needed, gradients: gradients_of };
        let pulled = node.op().cotangents(node, &below.edges[inputs.clone()], &pull);
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
