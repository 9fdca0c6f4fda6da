//! The part of the graph that is to be evaluated, numbered, and its key.
//!
//! One iterative walk visits what lies below the wanted nodes and writes a word list that holds
//! everything a plan depends on: primitives, attributes, input numbers, sizes, dtypes, which nodes
//! are kept and which leaves are written. Names, values and identities are not in it; a node that
//! occurs twice has one number, so `x + x` and `x + y` differ.

use crate::device::{Device, Launch};
use crate::error::Error;
use crate::graph::{Node, Walk};
use crate::prim::{Op, Taken};
use smallvec::SmallVec;

/// A numbered graph: inputs have smaller numbers than their users.
#[derive(Default)]
pub(crate) struct Graph {
    pub nodes: Vec<Node>,
    /// By node: the numbers of its inputs. None for leaves.
    pub inputs: Vec<SmallVec<[u32; 3]>>,
    /// By node: when the first node that computes the same was made.
    pub made: Vec<u64>,
    /// Nodes whose values are wanted.
    pub roots: Vec<u32>,
    /// `(leaf, node)`: the node's value replaces the leaf's.
    pub writes: Vec<(u32, u32)>,
    /// Nodes that have a value already, in order of number.
    pub leaves: Vec<u32>,
    /// Regions that host code takes, in order of number.
    pub variants: Vec<(u32, Launch)>,
    /// Where it is evaluated.
    pub device: Device,
    /// Number nodes, in order of number: the argument table.
    pub numbers: Vec<u32>,
    /// The key.
    pub words: Vec<u64>,
    /// By node: where it begins in the key.
    pub starts: Vec<u32>,
    /// Where the nodes end in the key.
    pub tail: u32,
    /// Empty but while nodes are numbered: its memory is kept.
    stack: Vec<Visit<'static>>,
}

/// A node under way: its inputs, and which of them comes next.
struct Visit<'w> {
    node: &'w Node,
    inputs: &'w [Node],
    next: usize,
}

/// One numbering of a graph.
struct Numbering<'w, 'g> {
    graph: &'g mut Graph,
    walk: &'w Walk,
    keep_live: bool,
    stack: Vec<Visit<'w>>,
}

/// A leaf and the node whose value it takes.
pub(crate) struct Write {
    pub leaf: Node,
    pub node: Node,
}

impl Graph {
    /// Numbers everything below `roots` and `writes`. With `keep_live`, expensive nodes that a user
    /// holds become roots too.
    pub fn number(&mut self, roots: &[Node], writes: &[Write], keep_live: bool) -> Result<(), Error> {
        self.clear();
        let all = roots.iter().chain(writes.iter().flat_map(|w| [&w.leaf, &w.node]));
        self.device = all.clone().find_map(Node::home).unwrap_or_default();
        let walk = Walk::start();
        let stack = std::mem::take(&mut self.stack);
        let mut numbering = Numbering { graph: self, walk: &walk, keep_live, stack };
        let numbered = all.into_iter().try_for_each(|node| numbering.visit(node));
        self.stack = emptied(numbering.stack);
        numbered?;
        let number = |n: &Node| walk.number(n).unwrap_or(0);
        self.roots.extend(roots.iter().map(number));
        self.writes.extend(writes.iter().map(|w| (number(&w.leaf), number(&w.node))));
        self.roots.sort_unstable();
        self.roots.dedup();
        self.tail = self.words.len() as u32;
        self.words.extend(self.roots.iter().map(|&r| r as u64));
        self.words.push(u64::MAX);
        self.words.extend(self.writes.iter().map(|&(l, n)| (l as u64) << 32 | n as u64));
        Ok(())
    }

    /// Whether `node` is an output of a launch: of a region that host code takes, or of a user's kernel.
    pub fn is_launched(&self, node: u32) -> bool {
        let input = || self.inputs[node as usize].first().map(|&i| self.nodes[i as usize].op());
        matches!(self.nodes[node as usize].op(), Op::Output(_))
            && matches!(input(), Some(Op::Region(_) | Op::Kernel(_)))
    }

    /// How the region `node` is launched.
    pub fn variant(&self, node: u32) -> Option<&Launch> {
        let i = self.variants.binary_search_by_key(&node, |v| v.0).ok()?;
        Some(&self.variants[i].1)
    }

    /// The outputs of `node` that stand in the graph, with their indices.
    pub fn outputs(&self, node: u32) -> impl Iterator<Item = (usize, u32)> {
        let later = node as usize + 1..self.nodes.len();
        later
            .filter(move |&i| matches!(self.nodes[i].op(), Op::Output(_)) && self.inputs[i].first() == Some(&node))
            .map(|i| (self.nodes[i].op().output(), i as u32))
    }

    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.inputs.clear();
        self.made.clear();
        self.roots.clear();
        self.writes.clear();
        self.leaves.clear();
        self.variants.clear();
        self.numbers.clear();
        self.words.clear();
        self.starts.clear();
    }
}

impl<'w> Numbering<'w, '_> {
    fn visit(&mut self, root: &'w Node) -> Result<(), Error> {
        if self.walk.number(root).is_some() {
            return Ok(());
        }
        self.enter(root)?;
        while let Some(top) = self.stack.last_mut() {
            if let Some(input) = top.inputs.get(top.next) {
                top.next += 1;
                if self.walk.number(input).is_none() {
                    self.enter(input)?;
                }
            } else if let Some(Visit { node, inputs, .. }) = self.stack.pop() {
                self.finish(node, inputs);
            }
        }
        Ok(())
    }

    /// Begins with a node that has no number yet. What has a value is all there is.
    fn enter(&mut self, node: &'w Node) -> Result<(), Error> {
        // What is made of numbers alone was evaluated on the CPU, if at all.
        if node.has_value() && node.home().unwrap_or(self.graph.device) == node.device() {
            if node.device() != self.graph.device {
                let (op, left, right, at) = (node.origin().name, self.graph.device, node.device(), node.origin().at);
                return Err(Error::Devices { op, left, right, at });
            }
            self.finish(node, &[]);
            return Ok(());
        }
        if let Some(error) = node.error() {
            return Err(error);
        }
        if node.is_cut() {
            return Err(Error::Cut { at: node.origin().at });
        }
        let inputs = self.walk.inputs(node);
        let inputs = match node.op() {
            Op::Output(output) => {
                let source = source(inputs, output.index, self.walk);
                std::slice::from_ref(source.ok_or(Error::Cut { at: node.origin().at })?)
            }
            // Only what host code takes is numbered.
            Op::Region(region) => region.split(inputs).1,
            _ => inputs,
        };
        self.stack.push(Visit { node, inputs, next: 0 });
        Ok(())
    }

    /// Numbers a node whose inputs have their numbers.
    fn finish(&mut self, node: &Node, inputs: &[Node]) {
        let graph = &mut *self.graph;
        let number = graph.nodes.len() as u32;
        self.walk.set(node, number);
        let words = &mut graph.words;
        graph.starts.push(words.len() as u32);
        words.push(
            (node.dtype() as u64) | (node.rank() as u64) << 8 | (inputs.len() as u64) << 16 | graph.device.tag() << 32,
        );
        words.extend(node.dims().iter().map(|&n| n as u64));
        if inputs.is_empty() && node.op().has_device() {
            words.push(u64::MAX);
            graph.leaves.push(number);
        } else {
            node.op().key(words);
            match node.op() {
                Op::Number(_) => graph.numbers.push(number),
                Op::Region(region) => {
                    if let Taken::Host(taken, launch) = region.taken() {
                        words.push(taken as u64);
                        graph.variants.push((number, launch));
                    }
                }
                _ => {}
            }
            if self.keep_live && node.op().is_expensive() && node.is_held() {
                graph.roots.push(number);
            }
        }
        let number_of = |n: &Node| self.walk.number(n).unwrap_or(0);
        let numbers: SmallVec<_> = inputs.iter().map(number_of).collect();
        words.extend(numbers.iter().map(|&n| n as u64));
        graph.inputs.push(numbers);
        graph.made.push(node.made());
        graph.nodes.push(node.clone());
    }
}

/// The memory of a stack, to be used again.
fn emptied(mut stack: Vec<Visit<'_>>) -> Vec<Visit<'static>> {
    stack.clear();
    let none = |_| -> Visit<'static> { unreachable!("it is empty") };
    stack.into_iter().map(none).collect()
}

/// What an output is computed from: the region if host code takes it, or else what it is another name of. None if that
/// was cut.
fn source<'w>(inputs: &'w [Node], index: usize, walk: &'w Walk) -> Option<&'w Node> {
    let input = inputs.first()?;
    let Op::Region(region) = input.op() else { return Some(input) };
    match region.taken() {
        Taken::Host(..) => Some(input),
        Taken::Inlined => walk.inputs(input).get(index),
        Taken::Subgraph => region.variant(walk.inputs(input)).get(index),
    }
}

/// A 64-bit hash of the words; plans are compared in full.
pub(crate) fn hash(words: &[u64]) -> u64 {
    let mut lanes = [0x9e37_79b9_7f4a_7c15u64, 0xd1b5_4a32_d192_ed03, 0x8cb9_2ba7_2f3d_8dd7, 0xa0761d6478bd642f];
    let mix = |lane: u64, w: u64| (lane ^ w).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(29);
    let (fours, rest) = words.as_chunks::<4>();
    for four in fours {
        lanes = std::array::from_fn(|i| mix(lanes[i], four[i]));
    }
    for (lane, &w) in lanes.iter_mut().zip(rest) {
        *lane = mix(*lane, w);
    }
    lanes.iter().fold(words.len() as u64, |h, &l| (h ^ l).wrapping_mul(0xc4ce_b9fe_1a85_ec53).rotate_left(31))
}
