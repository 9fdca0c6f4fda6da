//! The order of launches: that in which the program made the nodes, as far as dependences allow. So a value is
//! used soon after it is there, as in a program without plans, and the memory of a gradient is free again
//! before the next is made. Kernels that overwrite leaves wait for every check.

use super::fuse::{Fused, How};
use super::graph::Graph;
use super::join::Group;
use super::simplify::equal;
use super::space::{Place, Space, Spot};
use crate::prim::Op;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// Whether group `a` depends on group `b`.
pub(super) fn comes_after(groups: &[Group], a: usize, b: usize) -> bool {
    let mut seen = vec![false; groups.len()];
    let mut stack = vec![a];
    while let Some(g) = stack.pop() {
        if g == b {
            return true;
        }
        if !std::mem::replace(&mut seen[g], true) {
            stack.extend(&groups[g].after);
        }
    }
    false
}

/// By group: whether a value error can come to light in it that does not in another one. What is checked again is
/// checked by the first kernel that reads all of it: an index by the gather, not by the scatter of its gradient.
pub(super) fn checking(graph: &Graph, fused: &Fused, groups: &[Group]) -> Vec<bool> {
    // By node that may check: the group, and whether it sees all of the node.
    let mut checks: Vec<(u32, usize, bool)> = vec![];
    for (i, group) in groups.iter().enumerate() {
        checks.extend(group.library.map(|n| (n, i, true)));
        for draft in group.drafts.iter().map(|&d| &fused.drafts[d]) {
            for (used, spot) in draft.uses.iter().zip(&draft.spots).filter(|u| matches!(u.0.how, How::Here(_))) {
                let whole = covers(&draft.space, spot, graph.nodes[used.node as usize].dims());
                checks.push((used.node, i, whole));
            }
        }
    }
    checks.sort_unstable();
    let mut known = HashSet::new();
    let mut checking = vec![false; groups.len()];
    let equal = equal(graph);
    for (node, group, whole) in checks {
        let input = |i: usize| graph.inputs[node as usize][i];
        let size = |n: u32, axis: usize| graph.nodes[n as usize].dims()[axis];
        let checked = match graph.nodes[node as usize].op() {
            Op::Check(_) | Op::Kernel(_) => (equal[node as usize], 0),
            Op::Gather(gather) => (equal[input(1) as usize], size(input(0), gather.axis)),
            Op::Scatter(scatter) => (equal[input(1) as usize], size(node, scatter.axis)),
            _ => continue,
        };
        checking[group] |= !known.contains(&checked);
        known.extend(whole.then_some(checked));
    }
    checking
}

/// Whether a spot goes through all elements of a node of `dims`.
fn covers(space: &Space, spot: &Spot, dims: &[usize]) -> bool {
    let Place::Axes(axes) = &spot.place else { return false };
    let mut seen = vec![];
    spot.bounds.is_empty()
        && axes.iter().zip(dims).all(|(expr, &n)| {
            // The digits of a number below `n`.
            let mut terms = expr.terms.to_vec();
            terms.sort_unstable_by_key(|t| t.1);
            let mut reached = 1;
            let digits = terms.iter().all(|&(d, factor)| {
                let next = factor == reached && !seen.contains(&d);
                seen.push(d);
                reached *= space.size(d) as i64;
                next
            });
            digits && expr.offset == 0 && reached == n as i64
        })
}

/// The order of launches, and the number of those before the first that overwrites a leaf.
pub(super) fn order(
    graph: &Graph,
    fused: &Fused,
    groups: &[Group],
    wanted: &[bool],
    updating: &[bool],
    checking: &[bool],
) -> (Vec<usize>, usize) {
    let mut waiting: Vec<usize> = groups.iter().map(|g| g.after.len()).collect();
    let mut followers: Vec<Vec<usize>> = vec![vec![]; groups.len()];
    for (i, g) in groups.iter().enumerate() {
        g.after.iter().for_each(|&a| followers[a].push(i));
    }
    let mut checks = checking.iter().filter(|&&c| c).count();
    // What stores nothing that others wait for only frees memory.
    let last = |g: usize| updating[g] || groups[g].stored(fused).all(|n| wanted[n as usize]);
    let made = |g: usize| groups[g].stored(fused).map(|n| graph.made[n as usize]).min();
    let rank = |g: usize| Reverse((if last(g) { None } else { made(g) }, g));
    let mut ready: BinaryHeap<_> = BinaryHeap::new();
    // Updates that wait for checks alone.
    let mut held: Vec<usize> = vec![];
    let mut free: Vec<usize> = (0..groups.len()).filter(|&g| waiting[g] == 0).collect();
    let mut order = vec![];
    loop {
        for g in free.drain(..) {
            if updating[g] { held.push(g) } else { ready.push(rank(g)) }
        }
        if checks == 0 {
            ready.extend(held.drain(..).map(rank));
        }
        let Some(Reverse((_, g))) = ready.pop() else { break };
        order.push(g);
        checks -= checking[g] as usize;
        for &f in &followers[g] {
            waiting[f] -= 1;
            if waiting[f] == 0 {
                free.push(f);
            }
        }
    }
    let first = order.iter().position(|&g| updating[g]).unwrap_or(order.len());
    (order, first)
}
