//! region: a named subgraph that means its inlining, with a gradient of its own if it wants one.
//!
//! A region node stands above the subgraph and beside it: its inputs are the subgraph's results, then what the
//! subgraph was made from, then the results of the subgraph of a variant if there is one. It has no value itself; its
//! outputs have. Inlined, an output is a result of the subgraph under another name; taken by a variant of the device,
//! it is one of the variant's subgraph, or one launch of host code gives all outputs.

use super::variant::{self, Way};
use super::{Cotangents, Op, Prim, Pull, owned};
use crate::device::{Call, Launch, Spec};
use crate::error::Error;
use crate::graph::{Inputs, Node, op_at};
use std::collections::HashMap;
use std::sync::Arc;

/// A named subgraph.
#[derive(Clone, Debug)]
pub struct Region(pub(crate) Arc<Body>);

/// What a region is, beside its inputs.
pub(crate) struct Body {
    /// How many of the node's inputs are results of the subgraph.
    pub results: usize,
    pub gradient: Gradient,
    /// What a variant is asked; none for regions that have no name.
    pub call: Option<Arc<Call>>,
    /// The number of the variant whose results are the node's last inputs.
    pub subgraph: Option<usize>,
}

/// How the outputs of a region are computed.
pub(crate) enum Taken {
    /// By its definition.
    Inlined,
    /// By the subgraph of a variant.
    Subgraph,
    /// By host code, that of the variant of this number.
    Host(usize, Launch),
}

/// How a region is differentiated.
pub(crate) enum Gradient {
    /// As the subgraph.
    Inlined,
    /// By a rule of its own.
    Given(Rule),
    /// From values that are computed again from the inputs, when the gradient wants them.
    Recomputed,
}

/// The cotangents of the inputs, given inputs, outputs and the cotangents of the outputs.
pub(crate) type Rule = Box<dyn Fn(&[Node], &[Node], &[Node]) -> Vec<Node> + Send + Sync>;

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} results", self.call.as_ref().map_or("subgraph", |c| c.name), self.results)
    }
}

/// Output `index` of a region; of any other node, the node itself.
#[derive(Clone, Debug)]
pub struct Output {
    pub index: usize,
}

impl Node {
    /// `results`, of which the gradient computes the nodes since `start` again.
    pub(crate) fn checkpoint(results: &[Node], start: u64) -> Vec<Node> {
        let end = crate::graph::now();
        let inputs = boundary(results, |n| (start..end).contains(&n.made()));
        Node::region(results, &inputs, Gradient::Recomputed, None, None)
    }

    /// The region `name`: what `f` gives of `inputs`, which may use nothing else from outside.
    pub(crate) fn named_region(
        name: &'static str,
        attributes: &[(&'static str, f64)],
        inputs: &[Node],
        f: impl FnOnce(Vec<Node>) -> Vec<Node>,
        gradient: Gradient,
    ) -> Vec<Node> {
        // Under names of their own, so that no operation inside sees what its input was made by.
        let within: Vec<Node> = inputs.iter().map(|x| x.output(0, x)).collect();
        let start = crate::graph::now();
        let results = f(within.clone());
        let end = crate::graph::now();
        let below = boundary(&results, |n| (start..end).contains(&n.made()));
        if let Some(stranger) = below.iter().find(|n| !within.iter().any(|x| x.same(n))) {
            let error = Error::Region { name, found: format!("{stranger:?}"), at: op_at() };
            return results.iter().map(|r| Node::poisoned(error.clone(), r.dims().clone(), r.dtype())).collect();
        }
        let spec = |n: &Node| Spec { dims: n.dims().to_vec(), dtype: n.dtype() };
        let call = Call {
            name,
            attributes: attributes.to_vec(),
            device: inputs.iter().find_map(Node::home).unwrap_or_default(),
            inputs: inputs.iter().map(spec).collect(),
            outputs: results.iter().map(spec).collect(),
        };
        let variant = variant::subgraph(&call, &within, &results);
        Node::region(&results, inputs, gradient, Some(Arc::new(call)), variant)
    }

    fn region(
        results: &[Node],
        inputs: &[Node],
        gradient: Gradient,
        call: Option<Arc<Call>>,
        variant: Option<(usize, Vec<Node>)>,
    ) -> Vec<Node> {
        let Some(first) = results.first() else { return vec![] };
        let (dims, dtype) = (first.dims().clone(), first.dtype());
        let (subgraph, others) = variant.map_or((None, vec![]), |(number, results)| (Some(number), results));
        let body = Body { results: results.len(), gradient, call, subgraph };
        let inputs: Inputs = results.iter().chain(inputs).chain(&others).cloned().collect();
        let region = Node::new(Op::Region(Region(Arc::new(body))), dims, dtype, inputs);
        results.iter().enumerate().map(|(index, result)| region.output(index, result)).collect()
    }

    /// Output `index` of this region, which is like `result`; of any other node, itself.
    fn output(&self, index: usize, result: &Node) -> Node {
        let inputs = Inputs::from_iter([self.clone()]);
        Node::new(Op::Output(Output { index }), result.dims().clone(), result.dtype(), inputs)
    }
}

impl Region {
    /// How its device computes it now.
    pub(crate) fn taken(&self) -> Taken {
        let Some(call) = &self.0.call else { return Taken::Inlined };
        let Some((number, variant)) = variant::find(call) else { return Taken::Inlined };
        match variant.way() {
            Way::Host(host) => {
                let (call, workspace) = (call.clone(), host.workspace(call));
                Taken::Host(number, Launch { name: variant.name(), host, call, workspace })
            }
            Way::Subgraph(_) if self.0.subgraph == Some(number) => Taken::Subgraph,
            // One that was offered since the region was made.
            Way::Subgraph(_) => Taken::Inlined,
        }
    }

    /// The results of the subgraph, and what it was made from.
    pub(crate) fn split<'a>(&self, inputs: &'a [Node]) -> (&'a [Node], &'a [Node]) {
        let (results, rest) = inputs.split_at(self.0.results.min(inputs.len()));
        (results, &rest[..rest.len() - self.variant(inputs).len()])
    }

    /// The results of the variant's subgraph.
    pub(crate) fn variant<'a>(&self, inputs: &'a [Node]) -> &'a [Node] {
        let count = if self.0.subgraph.is_some() { self.0.results } else { 0 };
        &inputs[inputs.len().saturating_sub(count)..]
    }
}

impl Prim for Region {
    /// Its name, attributes and outputs: of what a variant takes, the subgraph itself is not part.
    fn key(&self, words: &mut Vec<u64>) {
        let Some(call) = &self.0.call else { return };
        let mut text = |name: &str| {
            words.push(name.len() as u64);
            words.extend(name.as_bytes().chunks(8).map(|c| c.iter().fold(0, |w, &b| w << 8 | b as u64)));
        };
        text(call.name);
        call.attributes.iter().for_each(|a| text(a.0));
        words.extend(call.attributes.iter().map(|a| a.1.to_bits()));
        for output in &call.outputs {
            words.push(output.dtype as u64 | (output.dims.len() as u64) << 8);
            words.extend(output.dims.iter().map(|&n| n as u64));
        }
    }

    fn grad(&self, _y: &Node, _inputs: &[&Node], _g: &Node, _i: usize) -> Option<Node> {
        None
    }

    fn cotangents(&self, y: &Node, inputs: &[&Node], pull: &Pull<'_>) -> Cotangents {
        let inputs = owned(inputs);
        let (results, inputs) = self.split(&inputs);
        let none = results.iter().map(|_| None);
        match &self.0.gradient {
            Gradient::Inlined => pull.g.iter().cloned().chain(std::iter::repeat(None)).take(results.len()).collect(),
            Gradient::Given(rule) => {
                let outputs: Vec<Node> = results.iter().enumerate().map(|(i, r)| y.output(i, r)).collect();
                let g =
                    |(i, r): (usize, &Node)| pull.g.get(i).cloned().flatten().unwrap_or_else(|| r.constant_like(0.0));
                let g: Vec<Node> = results.iter().enumerate().map(g).collect();
                none.chain(rule(inputs, &outputs, &g).into_iter().zip(inputs).map(fitting)).collect()
            }
            Gradient::Recomputed => {
                let behind: Vec<Node> = inputs.iter().map(Node::barrier).collect();
                let again = copy(results, inputs, &behind);
                let roots: Vec<(Node, Node)> =
                    again.into_iter().zip(pull.g).filter_map(|(y, g)| Some((y, g.clone()?))).collect();
                let wanted: Vec<Node> = needed(pull, results.len(), &behind).cloned().collect();
                let mut found = (pull.gradients)(&roots, &wanted).into_iter();
                let of = |i| if (pull.needed)(results.len() + i) { found.next().flatten() } else { None };
                none.chain((0..inputs.len()).map(of)).collect()
            }
        }
    }

    fn flops(&self, _y: &Node, _inputs: &[Node]) -> u64 {
        0
    }
}

/// A cotangent that a rule gave for an input, if the input takes one.
fn fitting((dx, x): (Node, &Node)) -> Option<Node> {
    let takes = x.dtype().is_float();
    takes.then(|| if dx.dims() == x.dims() { dx } else { x.dims_differ(&dx) })
}

/// Those of `inputs`, which come after `results` others, that a cotangent is needed of.
fn needed<'a>(pull: &Pull<'a>, results: usize, inputs: &'a [Node]) -> impl Iterator<Item = &'a Node> {
    inputs.iter().enumerate().filter(move |(i, _)| (pull.needed)(results + i)).map(|(_, n)| n)
}

impl Prim for Output {
    fn key(&self, words: &mut Vec<u64>) {
        words.push(self.index as u64);
    }

    fn grad(&self, _y: &Node, _inputs: &[&Node], g: &Node, _i: usize) -> Option<Node> {
        Some(g.clone())
    }

    fn flops(&self, _y: &Node, _inputs: &[Node]) -> u64 {
        0
    }
}

/// The nodes below `roots` that are not `inside` themselves but have users that are.
fn boundary(roots: &[Node], inside: impl Fn(&Node) -> bool) -> Vec<Node> {
    let mut seen: HashMap<usize, ()> = HashMap::new();
    let mut stack: Vec<Node> = roots.iter().rev().cloned().collect();
    let mut found = vec![];
    while let Some(node) = stack.pop() {
        if seen.insert(node.address(), ()).is_some() {
            continue;
        }
        if inside(&node) {
            stack.extend(node.inputs().into_iter().rev());
        } else {
            found.push(node);
        }
    }
    found
}

/// `roots` computed again from `to` in place of `from`, and from everything else that has no inputs behind barriers, but
/// for numbers.
fn copy(roots: &[Node], from: &[Node], to: &[Node]) -> Vec<Node> {
    let mut copies: HashMap<usize, Node> = from.iter().map(Node::address).zip(to.iter().cloned()).collect();
    let mut stack: Vec<(Node, Inputs, usize)> = vec![];
    for root in roots {
        stack.push((root.clone(), root.inputs(), 0));
        while let Some((node, inputs, next)) = stack.last_mut() {
            let known = copies.contains_key(&node.address());
            if let Some(input) = inputs.get(*next).filter(|_| !known).cloned() {
                *next += 1;
                if !copies.contains_key(&input.address()) {
                    let below = input.inputs();
                    stack.push((input, below, 0));
                }
                continue;
            }
            if !known {
                let of = |n: &Node| copies.get(&n.address()).unwrap_or(n).clone();
                let copy = match node.op() {
                    // An argument, which a launch takes as it is.
                    Op::Number(_) => node.clone(),
                    _ if inputs.is_empty() => node.barrier(),
                    _ => node.copy(inputs.iter().map(of).collect()),
                };
                copies.insert(node.address(), copy);
            }
            stack.pop();
        }
    }
    roots.iter().map(|r| copies.get(&r.address()).unwrap_or(r).clone()).collect()
}
