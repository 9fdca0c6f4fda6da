//! Reverse-mode differentiation: from a graph to a graph. It knows no primitive; each brings its
//! rule. Gradients are nodes, so they can be differentiated again.

use crate::error::Error;
use crate::graph::{Inputs, Node, Walk};
use formwork_ir::Intrinsic;

/// The part of a graph below a node, inputs before users.
struct Below {
    nodes: Vec<Node>,
    inputs: Vec<Inputs>,
    /// By node and input: the input's place in `nodes`.
    places: Vec<smallvec::SmallVec<[u32; 3]>>,
    cut: bool,
}

/// Everything below `root`; what was detached is a leaf.
fn below(root: &Node) -> Below {
    let walk = Walk::start();
    let mut below = Below { nodes: vec![], inputs: vec![], places: vec![], cut: false };
    let inputs_of = |node: &Node| if node.op().is_detached() { Inputs::new() } else { node.inputs() };
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
    below
}

/// The cotangents of the nodes below `root` for which `wanted` is true, given that of `root`.
pub(crate) fn gradients(root: &Node, seed: Node, wanted: impl Fn(&Node) -> bool) -> Result<Vec<(Node, Node)>, Error> {
    if let Some(error) = root.error() {
        return Err(error);
    }
    let below = below(root);
    if below.cut {
        return Err(Error::Cut { at: root.origin().at });
    }
    let mut needed = vec![false; below.nodes.len()];
    for (i, node) in below.nodes.iter().enumerate() {
        needed[i] = wanted(node) || below.places[i].iter().any(|&p| needed[p as usize]);
    }
    let mut cotangents: Vec<Option<Node>> = vec![None; below.nodes.len()];
    let mut found = vec![];
    if let Some(last) = cotangents.last_mut() {
        *last = Some(seed);
    }
    for (i, node) in below.nodes.iter().enumerate().rev() {
        let Some(g) = cotangents[i].take() else { continue };
        if wanted(node) {
            found.push((node.clone(), g.clone()));
        }
        for (k, &place) in below.places[i].iter().enumerate() {
            if !needed[place as usize] {
                continue;
            }
            if let Some(dx) = node.op().grad(node, &below.inputs[i], &g, k) {
                let sum = &mut cotangents[place as usize];
                *sum = Some(match sum.take() {
                    Some(other) => other.binary(Intrinsic::Add, &dx),
                    None => dx,
                });
            }
        }
    }
    found.reverse();
    Ok(found)
}
