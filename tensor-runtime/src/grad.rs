//! Reverse-mode differentiation: from a graph to a graph. It knows no primitive; each brings its
//! rule. Gradients are nodes, so they can be differentiated again.

use crate::error::Error;
use crate::graph::{Inputs, Node, Walk};
use crate::prim::Pull;
use formwork_ir::Intrinsic;

/// The part of a graph below some nodes, inputs before users.
struct Below {
    nodes: Vec<Node>,
    inputs: Vec<Inputs>,
    /// By node and input: the input's place in `nodes`.
    places: Vec<smallvec::SmallVec<[u32; 3]>>,
    /// The places of the nodes that it was asked for.
    roots: Vec<u32>,
    cut: bool,
}

/// Cotangents of a node's outputs, of which all but regions have one.
type Slots = smallvec::SmallVec<[Option<Node>; 1]>;

/// Everything below `roots`; what was detached or is `wanted` is a leaf.
fn below<'a>(roots: impl Iterator<Item = &'a Node> + Clone, wanted: &dyn Fn(&Node) -> bool) -> Below {
    let walk = Walk::start();
    let mut below = Below { nodes: vec![], inputs: vec![], places: vec![], roots: vec![], cut: false };
    let inputs_of = |node: &Node| {
        if node.op().is_detached() || wanted(node) { Inputs::new() } else { node.inputs() }
    };
    for root in roots.clone().filter(|r| walk.number(r).is_none()) {
        let mut stack = vec![(root.clone(), inputs_of(root), 0)];
        while let Some((node, inputs, next)) = stack.last_mut() {
            if let Some(input) = inputs.get(*next) {
                *next += 1;
                if walk.number(input).is_none() {
                    let entry = (input.clone(), inputs_of(input), 0);
                    stack.push(entry);
                }
                continue;
            }
            if walk.number(node).is_none() {
                walk.set(node, below.nodes.len() as u32);
                below.cut |= node.state().cut && !node.op().is_detached();
                below.places.push(inputs.iter().map(|i| walk.number(i).unwrap_or(u32::MAX)).collect());
                below.inputs.push(std::mem::take(inputs));
                below.nodes.push(node.clone());
            }
            stack.pop();
        }
    }
    below.roots = roots.map(|r| walk.number(r).unwrap_or(0)).collect();
    below
}

/// The cotangents of the nodes below `root` for which `wanted` is true, given that of `root`.
pub(crate) fn gradients(root: &Node, seed: Node, wanted: impl Fn(&Node) -> bool) -> Result<Vec<(Node, Node)>, Error> {
    if let Some(error) = root.error() {
        return Err(error);
    }
    pull(&[(root.clone(), seed)], &wanted)
}

/// The cotangents of `wanted`, given those of some nodes above.
fn gradients_of(roots: &[(Node, Node)], wanted: &[Node]) -> Vec<Option<Node>> {
    let found = pull(roots, &|n| wanted.iter().any(|w| w.same(n))).unwrap_or_default();
    wanted.iter().map(|w| found.iter().find(|f| f.0.same(w)).map(|f| f.1.clone())).collect()
}

/// The cotangents of the nodes for which `wanted` is true, given those of `roots`.
fn pull(roots: &[(Node, Node)], wanted: &dyn Fn(&Node) -> bool) -> Result<Vec<(Node, Node)>, Error> {
    let below = below(roots.iter().map(|r| &r.0), wanted);
    if below.cut {
        return Err(Error::Cut { at: roots[0].0.origin().at });
    }
    let mut needed = vec![false; below.nodes.len()];
    for (i, node) in below.nodes.iter().enumerate() {
        needed[i] = wanted(node) || below.places[i].iter().any(|&p| needed[p as usize]);
    }
    let mut cotangents: Vec<Slots> = vec![Slots::new(); below.nodes.len()];
    let mut found = vec![];
    for (&place, (_, seed)) in below.roots.iter().zip(roots) {
        add(&mut cotangents[place as usize], 0, seed.clone());
    }
    for (i, node) in below.nodes.iter().enumerate().rev() {
        let g = std::mem::take(&mut cotangents[i]);
        if g.is_empty() {
            continue;
        }
        if wanted(node) {
            found.extend(g[0].clone().map(|g| (node.clone(), g)));
        }
        let needed = |k: usize| needed[below.places[i][k] as usize];
        let pull = Pull { g: &g, needed: &needed, gradients: gradients_of };
        let inputs = node.op().cotangents(node, &below.inputs[i], &pull);
        for (&place, dx) in below.places[i].iter().zip(inputs) {
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
    to.resize(to.len().max(index + 1), None);
    to[index] = Some(match to[index].take() {
        Some(other) => other.binary(Intrinsic::Add, &g),
        None => g,
    });
}
