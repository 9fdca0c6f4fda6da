//! Common subexpressions: nodes of equal words are one node.

use super::graph::Graph;
use crate::prim::Op;
use std::collections::HashMap;

/// By node the first node that computes the same. Inputs are rewritten.
pub(super) fn simplify(graph: &mut Graph) -> Vec<u32> {
    let mut same: Vec<u32> = (0..graph.nodes.len() as u32).collect();
    let mut known: HashMap<Vec<u64>, u32> = HashMap::with_capacity(graph.nodes.len());
    for i in 0..graph.nodes.len() {
        graph.inputs[i].iter_mut().for_each(|k| *k = same[*k as usize]);
        if let Some(words) = words(graph, i, &graph.inputs[i]) {
            same[i] = match graph.nodes[i].op() {
                Op::Output(_) if !graph.is_launched(i as u32) => graph.inputs[i][0],
                _ => *known.entry(words).or_insert(i as u32),
            };
            graph.made[same[i] as usize] = graph.made[same[i] as usize].min(graph.made[i]);
        }
    }
    same
}

/// By node the first node that has the same values: the same as [`simplify`], but seeing through barriers.
pub(super) fn equal(graph: &Graph) -> Vec<u32> {
    let mut equal: Vec<u32> = (0..graph.nodes.len() as u32).collect();
    if !graph.nodes.iter().any(|n| matches!(n.op(), Op::Barrier(_))) {
        return equal;
    }
    let mut known: HashMap<Vec<u64>, u32> = HashMap::with_capacity(graph.nodes.len());
    for i in 0..graph.nodes.len() {
        let inputs: Vec<u32> = graph.inputs[i].iter().map(|&k| equal[k as usize]).collect();
        match graph.nodes[i].op() {
            Op::Barrier(_) if !inputs.is_empty() => equal[i] = inputs[0],
            _ => {
                if let Some(words) = words(graph, i, &inputs) {
                    equal[i] = *known.entry(words).or_insert(i as u32);
                }
            }
        }
    }
    equal
}

/// What a node computes, given the numbers of its inputs; none for what is known by identity.
fn words(graph: &Graph, i: usize, inputs: &[u32]) -> Option<Vec<u64>> {
    let node = &graph.nodes[i];
    if matches!(node.op(), Op::Leaf(_) | Op::Number(_)) || (inputs.is_empty() && node.op().has_device()) {
        return None;
    }
    let mut words = vec![node.dtype() as u64];
    node.op().key(&mut words);
    words.extend(node.dims().iter().map(|&d| d as u64));
    words.extend(inputs.iter().map(|&k| k as u64 | 1 << 40));
    Some(words)
}
