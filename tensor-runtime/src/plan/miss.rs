//! Why a plan had to be made: the first node in which a graph differs from a plan that was made before.

use super::{Graph, Plan};
use crate::prim::Op;
use formwork_ir::DType;

/// In what `graph`, which no plan fits, differs from the closest of the plans `before`: of those that are wanted for as many
/// values the one that agrees longest.
pub(crate) fn difference<'a>(graph: &Graph, before: impl Iterator<Item = &'a Plan>) -> String {
    let alike = |p: &&Plan| (p.kept.len(), p.written.len()) == (graph.roots.len(), graph.writes.len());
    let agree = |p: &Plan| p.words.iter().zip(&graph.words).take_while(|(a, b)| a == b).count();
    let closest = before.filter(alike).map(|p| (agree(p), p)).reduce(|a, b| if b.0 > a.0 { b } else { a });
    let Some((at, plan)) = closest else {
        return "nothing like it was planned on this thread before".to_string();
    };
    let node = graph.starts.partition_point(|&s| s as usize <= at).saturating_sub(1);
    let (start, end) = (graph.starts.get(node), graph.starts.get(node + 1).copied().unwrap_or(graph.tail));
    let (Some(&start), false) = (start, at >= graph.tail as usize) else {
        return "the same nodes as before, but others of them are kept or written, or all one by one".to_string();
    };
    let word = |words: &[u64]| words.get(at).copied().unwrap_or(0);
    let (old, new) = (word(&plan.words), word(&graph.words));
    let what = what(graph, node, at - start as usize, (end - start) as usize, old, new);
    format!("{} differs: {what}", place(graph, node))
}

/// A node as the user knows it: "`linear` in `fc1` (src/main.rs:10:5)".
fn place(graph: &Graph, node: usize) -> String {
    let node = &graph.nodes[node];
    let origin = node.origin();
    let name = if origin.name.is_empty() { node.op().name() } else { origin.name };
    let scope = origin.scope.to_string();
    let scope = if scope.is_empty() { scope } else { format!(" in `{scope}`") };
    format!("`{name}`{scope} ({})", origin.at)
}

/// What word `at` of the `len` words of a node says, that is `new` and was `old`.
fn what(graph: &Graph, node: usize, at: usize, len: usize, old: u64, new: u64) -> String {
    let (node, inputs) = (&graph.nodes[node], graph.inputs[node].len());
    let rank = node.rank();
    match at {
        0 => header(old, new),
        _ if at <= rank => format!("axis {} of {rank} has {new} elements, {old} before", at - 1),
        _ if at >= len - inputs => "an operand is another one".to_string(),
        _ if at == rank + 1 => format!("it is a {}, a {} before", Op::tag_name(new), Op::tag_name(old)),
        _ => format!("the attributes of the {} are others", node.op().name()),
    }
}

/// The first word of a node: dtype, rank, number of inputs, device.
fn header(old: u64, new: u64) -> String {
    let part = |word: u64, shift: u32, bits: u32| word >> shift & ((1 << bits) - 1);
    let differs = |shift, bits| part(old, shift, bits) != part(new, shift, bits);
    let dtype = |word| DType::ALL.get(part(word, 0, 8) as usize).map_or(String::new(), |d| d.to_string());
    let axes = |word| part(word, 8, 8);
    let inputs = |word| part(word, 16, 16);
    match () {
        _ if differs(0, 8) => format!("its elements are {}, {} before", dtype(new), dtype(old)),
        _ if differs(8, 8) => format!("it has {} axes, {} before", axes(new), axes(old)),
        _ if inputs(new) == 0 => "it has a value already, and was computed before".to_string(),
        _ if inputs(old) == 0 => "it is computed, and had a value before".to_string(),
        _ if differs(16, 16) => format!("it has {} operands, {} before", inputs(new), inputs(old)),
        _ => "it lives on another device".to_string(),
    }
}
