//! Which drafts become one kernel.
//!
//! A draft joins an earlier kernel over the same space if what it reads of that kernel it reads at
//! its own point, and nothing outside lies between the two; so a value that is stored and used on
//! goes through registers, and updates of one parameter are one pass. A kernel over the rows of a
//! contraction's result becomes its epilogue.

use super::fuse::{Draft, Fused, How, Purpose, Use};
use super::graph::Graph;
use super::space::Spot;
use crate::device::ConvMode;
use crate::prim::Op;
use std::collections::HashMap;

/// Uses a kernel may have, so that it stays within the caches and registers.
const MAX_USES: usize = 160;

/// One launch: drafts over one space, or a library node and the drafts that run on its panels.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub library: Option<u32>,
    /// In an order in which values are stored before they are read.
    pub drafts: Vec<usize>,
    /// Sizes of the kept dims and of the row, dims of one element left out.
    pub outer: Vec<usize>,
    pub row: Vec<usize>,
    /// Groups that must run before.
    pub after: Vec<usize>,
    /// How many barriers lie below it: those of one kernel have as many.
    barriers: u32,
}

impl Group {
    /// The nodes whose values it computes for others.
    pub fn stored(&self, fused: &Fused) -> impl Iterator<Item = u32> {
        self.drafts.iter().map(|&d| fused.drafts[d].uses[0].node).chain(self.library)
    }
}

struct Joiner<'a> {
    graph: &'a Graph,
    fused: &'a Fused,
    groups: Vec<Group>,
    /// By stored node: its group.
    home: HashMap<u32, usize>,
    /// By stored node: the groups that read it, latest last.
    readers: HashMap<u32, Vec<usize>>,
    /// By node: how many barriers lie below it.
    barriers: Vec<u32>,
    /// By group: the groups it depends on, directly or not, as bits.
    ancestors: Vec<Vec<u64>>,
}

/// The groups of a plan, in no order yet.
pub(crate) fn join(graph: &Graph, fused: &Fused, eager: bool) -> Vec<Group> {
    // Drafts and library nodes in the order of the nodes they store.
    let mut work: Vec<(u32, Option<usize>)> = vec![];
    for (i, draft) in fused.drafts.iter().enumerate() {
        if draft.purpose == Purpose::Store {
            work.push((draft.uses[0].node, Some(i)));
        }
    }
    let library = |n: &u32| {
        fused.stored[*n as usize] && graph.nodes[*n as usize].op().is_library() && !graph.inputs[*n as usize].is_empty()
    };
    work.extend((0..graph.nodes.len() as u32).filter(library).map(|n| (n, None)));
    work.sort_unstable_by_key(|w| w.0);

    let mut operands: HashMap<u32, Vec<u32>> = HashMap::new();
    for draft in &fused.drafts {
        if let Purpose::Operand(node, _) = draft.purpose {
            operands.entry(node).or_default().push(draft.uses[0].node);
        }
    }
    let mut joiner = Joiner {
        graph,
        fused,
        groups: vec![],
        home: HashMap::new(),
        readers: HashMap::new(),
        barriers: barriers(graph),
        ancestors: vec![],
    };
    for (node, draft) in work {
        match draft {
            Some(draft) => joiner.add_draft(node, draft, eager),
            None => joiner.add_library(node, operands.get(&node).map_or(&[], Vec::as_slice)),
        }
    }
    joiner.groups
}

/// By node: how many barriers lie on a way down from it, at most.
fn barriers(graph: &Graph) -> Vec<u32> {
    let mut barriers: Vec<u32> = Vec::with_capacity(graph.nodes.len());
    for (node, inputs) in graph.nodes.iter().zip(&graph.inputs) {
        let below = inputs.iter().map(|&i| barriers[i as usize]).max().unwrap_or(0);
        barriers.push(below + matches!(node.op(), Op::Barrier(_)) as u32);
    }
    barriers
}

/// Sizes of the dims that have more than one element.
pub(crate) fn sizes(draft: &Draft) -> (Vec<usize>, Vec<usize>) {
    let of = |dims: &[u16]| dims.iter().map(|&d| draft.space.size(d)).filter(|&n| n != 1).collect();
    (of(&draft.space.outer), of(&draft.space.row))
}

/// Strides of a stored node at a spot, over the dims of more than one element: kept, then row.
pub(crate) fn strides(draft: &Draft, spot: &Spot, dims: &[usize]) -> (i64, Vec<i64>) {
    let flat = spot.flat(dims);
    let order = draft.space.outer.iter().chain(&draft.space.row).filter(|&&d| draft.space.size(d) != 1);
    let factor = |&d: &u16| flat.terms.iter().find(|t| t.0 == d).map_or(0, |t| t.1);
    (flat.offset, order.map(factor).collect())
}

impl Joiner<'_> {
    fn loads(&self, draft: usize) -> impl Iterator<Item = (u32, &Spot)> {
        let draft = &self.fused.drafts[draft];
        draft.uses.iter().zip(&draft.spots).filter(|(u, _)| matches!(u.how, How::Load)).map(|(u, s)| (u.node, s))
    }

    fn is_ancestor(&self, a: usize, of: usize) -> bool {
        self.ancestors[of][a / 64] >> (a % 64) & 1 == 1
    }

    fn add_library(&mut self, node: u32, operands: &[u32]) {
        let index = self.groups.len();
        let dims = self.graph.nodes[node as usize].dims();
        let (row, outer) = dims.split_last().map_or((1, &dims[..]), |(n, rest)| (*n, rest));
        let many = |n: &usize| *n != 1;
        let group = Group {
            library: Some(node),
            outer: outer.iter().copied().filter(many).collect(),
            row: Some(row).into_iter().filter(many).collect(),
            barriers: self.barriers[node as usize],
            ..Group::default()
        };
        self.groups.push(group);
        self.grow();
        for &input in operands {
            self.depend(index, input);
        }
        self.home.insert(node, index);
        if self.graph.variant(node).is_some() || matches!(self.graph.nodes[node as usize].op(), Op::Kernel(_)) {
            self.home.extend(self.graph.outputs(node).map(|(_, output)| (output, index)));
        }
    }

    fn grow(&mut self) {
        let words = self.groups.len() / 64 + 1;
        self.ancestors.push(vec![]);
        self.ancestors.iter_mut().for_each(|a| a.resize(words, 0));
    }

    /// Notes that `group` reads `node`.
    fn depend(&mut self, group: usize, node: u32) {
        let readers = self.readers.entry(node).or_default();
        if readers.last() != Some(&group) {
            readers.push(group);
        }
        let Some(&home) = self.home.get(&node) else { return };
        if home != group && !self.groups[group].after.contains(&home) {
            self.groups[group].after.push(home);
            self.inherit(group, home);
        }
    }

    /// `group` and all that come after it come after `home`.
    fn inherit(&mut self, group: usize, home: usize) {
        let mut bits = self.ancestors[home].clone();
        bits[home / 64] |= 1 << (home % 64);
        for later in 0..self.groups.len() {
            if later == group || self.is_ancestor(group, later) {
                self.ancestors[later].iter_mut().zip(&bits).for_each(|(a, b)| *a |= b);
            }
        }
    }

    fn add_draft(&mut self, node: u32, draft: usize, eager: bool) {
        let (outer, row) = sizes(&self.fused.drafts[draft]);
        let points: usize = outer.iter().chain(&row).product();
        let barriers = self.barriers[node as usize];
        let mut candidates: Vec<usize> = vec![];
        if !eager {
            for (n, _) in self.loads(draft) {
                candidates.extend(self.home.get(&n));
                if self.graph.nodes[n as usize].len() == points {
                    candidates.extend(self.readers.get(&n).into_iter().flatten().rev().take(4));
                }
            }
            candidates.sort_unstable();
            candidates.dedup();
        }
        let joined = candidates
            .into_iter()
            .rev()
            .take(8)
            .filter(|&g| self.groups[g].barriers == barriers)
            .find_map(|g| self.fits(g, draft, &outer, &row).map(|shape| (g, shape)));
        let group = match joined {
            Some((group, (outer, row))) => {
                (self.groups[group].outer, self.groups[group].row) = (outer, row);
                group
            }
            None => {
                self.groups.push(Group { outer, row, barriers, ..Group::default() });
                self.grow();
                self.groups.len() - 1
            }
        };
        self.groups[group].drafts.push(draft);
        let loads: Vec<u32> = self.loads(draft).map(|l| l.0).collect();
        for load in loads {
            self.depend(group, load);
        }
        self.home.insert(node, group);
    }

    /// The space of `group` with `draft` in it, if it may join.
    fn fits(&self, group: usize, draft: usize, outer: &[usize], row: &[usize]) -> Option<(Vec<usize>, Vec<usize>)> {
        let to = &self.groups[group];
        let shape = common_space(to, outer, row)?;
        let uses: usize = to.drafts.iter().chain([&draft]).map(|&d| self.fused.drafts[d].uses.len()).sum();
        let between = |node: &u32| self.home.get(node).is_some_and(|&h| h != group && self.is_ancestor(group, h));
        if uses > MAX_USES || self.loads(draft).any(|(n, _)| between(&n)) {
            return None;
        }
        if let Some(library) = to.library {
            // An epilogue: it must read the result, and hold whole rows.
            let reads = self.loads(draft).any(|(n, _)| n == library);
            let takes = match self.graph.nodes[library as usize].op() {
                Op::Contract(_) => true,
                Op::Convolve(c) => c.mode == ConvMode::Forward,
                _ => false,
            };
            if !takes || (!reads && to.drafts.is_empty()) {
                return None;
            }
        }
        let reader = &self.fused.drafts[draft];
        let identity = |(node, spot): (u32, &Spot)| {
            self.home.get(&node) != Some(&group) || {
                let dims = self.graph.nodes[node as usize].dims();
                spot.bounds.is_empty()
                    && padded(strides(reader, spot, dims), reader, &shape) == self.stored_strides(group, node, &shape)
            }
        };
        // An indexed load takes what is in memory, so its base was stored before.
        let base = |u: &Use| u.buffer && self.home.get(&u.node) == Some(&group);
        (!reader.uses.iter().any(base) && self.loads(draft).all(identity)).then_some(shape)
    }

    /// The strides over `shape` with which `group` stores `node`.
    fn stored_strides(&self, group: usize, node: u32, shape: &(Vec<usize>, Vec<usize>)) -> Option<(i64, Vec<i64>)> {
        let to = &self.groups[group];
        if to.library == Some(node) {
            let sizes: Vec<i64> = shape.0.iter().chain(&shape.1).map(|&n| n as i64).collect();
            return Some((0, (0..sizes.len()).map(|a| sizes[a + 1..].iter().product()).collect()));
        }
        let draft = to.drafts.iter().map(|&d| &self.fused.drafts[d]).find(|d| d.uses[0].node == node)?;
        padded(strides(draft, &draft.spots[0], self.graph.nodes[node as usize].dims()), draft, shape)
    }
}

/// The space that a group and a draft over `outer` and `row` have together.
fn common_space(group: &Group, outer: &[usize], row: &[usize]) -> Option<(Vec<usize>, Vec<usize>)> {
    let whole = |a: &[usize], b: &[usize]| [a, b].concat();
    let (own, other) = (whole(&group.outer, &group.row), whole(outer, row));
    // Equal splits; or one of them is all maps and falls in with the other's; or only reads per row.
    if (group.outer == outer && group.row == row)
        || (own == other && row.is_empty() && !(group.row.is_empty() && own.is_empty()))
    {
        return Some((group.outer.clone(), group.row.clone()));
    }
    if group.library.is_some() {
        return (own == other && group.row == row).then(|| (group.outer.clone(), group.row.clone()));
    }
    if own == other && group.row.is_empty() {
        return Some((outer.to_vec(), row.to_vec()));
    }
    if group.outer == outer && row.is_empty() {
        return Some((group.outer.clone(), group.row.clone()));
    }
    if group.outer == outer && group.row.is_empty() {
        return Some((outer.to_vec(), row.to_vec()));
    }
    None
}

/// Strides over a draft's dims as strides over `shape`, into which the draft falls.
pub(crate) fn padded(
    (offset, mut strides): (i64, Vec<i64>),
    draft: &Draft,
    shape: &(Vec<usize>, Vec<usize>),
) -> Option<(i64, Vec<i64>)> {
    let (outer, row) = sizes(draft);
    let whole = shape.0.len() + shape.1.len();
    if strides.len() != whole {
        if !(row.is_empty() && outer == shape.0) {
            return None;
        }
        strides.resize(whole, 0);
    }
    Some((offset, strides))
}
