//! From a numbered graph to launches: simplify, fuse, join, order, place, compile.
//!
//! A [`Plan`] is structure: kernels, where temporaries lie, which buffers are results. It holds no
//! node and no value, so it serves every graph of the same key. Nothing here runs a kernel.

mod donate;
mod emit;
mod explain;
mod fuse;
mod graph;
mod join;
mod miss;
mod order;
mod place;
mod simplify;
mod space;

pub(crate) use donate::Donor;
pub(crate) use explain::{explain, kernel_name};
pub(crate) use graph::{Graph, Write, hash};
pub(crate) use miss::difference;

use crate::device::{self, Buffer, Executable, Kernel};
use crate::error::Result;
use emit::{CheckOf, CheckOfKind, Emitter, Launch};
use fuse::{How, fuse};
use join::{Group, join};
use order::{checking, comes_after, order};
use simplify::simplify;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Where a launch finds a buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slot {
    /// The value of the graph's i-th leaf.
    Leaf(u32),
    /// Bytes from here in the arena.
    Arena(usize),
    /// The plan's i-th result.
    Result(u32),
}

/// One kernel with its buffers.
pub(crate) struct Step {
    pub run: Arc<dyn Executable>,
    pub slots: Vec<Slot>,
}

/// A value that outlives the evaluation.
pub(crate) struct Outcome {
    pub bytes: usize,
    /// The write whose leaf may be overwritten by it.
    pub in_place: Option<u32>,
    /// The leaf whose buffer it may take, if nobody else holds that.
    pub donor: Option<Donor>,
}

/// In which mode a graph is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Mode {
    /// Every node is stored, nothing joined.
    pub eager: bool,
    /// Kernels of users run on the reference interpreter.
    pub checked: bool,
}

/// Everything there is to know about evaluating a graph of one key.
pub(crate) struct Plan {
    pub words: Vec<u64>,
    pub steps: Vec<Step>,
    /// The first step that overwrites leaves, after all checks: those from here on run only if none failed.
    pub updates: usize,
    pub arena: usize,
    pub results: Vec<Outcome>,
    /// By root: where the value is.
    pub kept: Vec<Slot>,
    /// By write: where the new value is.
    pub written: Vec<Slot>,
    pub checks: Vec<CheckOf>,
    /// Whether there is enough work to share it among threads.
    pub parallel: bool,
    /// Buffers of results, used again once nobody holds them.
    pub spare: Mutex<Vec<Vec<Arc<Buffer>>>>,
    /// What the device keeps from run to run.
    pub instances: Mutex<device::Instances>,
    /// What each step is, for `explain`.
    pub kernels: Vec<(crate::device::Kernel, Vec<u32>)>,
}

impl Drop for Plan {
    fn drop(&mut self) {
        let spare = self.spare.get_mut().unwrap_or_else(|e| e.into_inner());
        spare.iter().flatten().for_each(|buffer| buffer.set_pooled(false));
    }
}

/// Work below this many element operations stays on the calling thread.
const PARALLEL_WORK: u64 = 200_000;

impl Plan {
    /// A plan for `graph`, which it simplifies.
    pub fn new(graph: &mut Graph, mode: Mode) -> Result<Plan> {
        let Mode { eager, checked } = mode;
        let same = simplify(graph);
        let n = graph.nodes.len();
        let mut wanted = vec![false; n];
        for &node in graph.roots.iter().chain(graph.writes.iter().map(|w| &w.1)) {
            wanted[same[node as usize] as usize] = true;
        }
        let fused = fuse(graph, &wanted, eager);
        let mut groups = join(graph, &fused, eager);
        let targets: Vec<(u32, u32)> = graph.writes.iter().map(|&(l, w)| (l, same[w as usize])).collect();
        let checking = checking(graph, &fused, &groups);
        let in_place = in_place(graph, &fused, &mut groups, &targets, &checking);
        let updating: Vec<bool> = groups.iter().map(|g| writes_in_place(&fused, g, &targets, &in_place)).collect();
        let (order, updates) = order(graph, &fused, &groups, &wanted, &updating, &checking);
        let mut emitter = Emitter {
            graph,
            fused: &fused,
            checks: vec![],
            checked,
            scratch: vec![],
            needed: needed(graph, &fused, &groups, &wanted),
        };
        let mut launches: Vec<Launch> = order.iter().filter_map(|&g| emitter.launch(&groups[g])).collect();
        note_kept(&mut launches, &wanted);
        let (checks, scratch) = (emitter.checks, emitter.scratch);

        let (slots, results, arena) = slots(graph, &launches, &scratch, &wanted, &targets, &in_place);
        let kernels: Vec<&device::Kernel> = launches.iter().map(|l| &l.kernel).collect();
        let guarded = if checks.is_empty() { launches.len() } else { updates };
        let compiled = graph.device.compile(&kernels, guarded)?;
        let slots_of = |l: &Launch| l.buffers.iter().map(|n| slots[n]).collect();
        let steps = compiled.into_iter().zip(&launches).map(|(run, l)| Step { run, slots: slots_of(l) }).collect();
        let work: u64 = (0..n).filter(|&i| same[i] == i as u32).map(|i| flops(graph, i)).sum();
        let place = |node: u32| slots.get(&same[node as usize]).copied().unwrap_or(Slot::Arena(0));
        let kept = graph.roots.iter().map(|&n| place(n)).collect();
        let written = graph.writes.iter().map(|w| place(w.1)).collect();
        Ok(Plan {
            words: graph.words.clone(),
            steps,
            updates,
            arena,
            instances: Mutex::default(),
            spare: Mutex::new(results.iter().map(|_| vec![]).collect()),
            results,
            kept,
            written,
            checks,
            parallel: work > PARALLEL_WORK,
            kernels: launches.into_iter().map(|l| (l.kernel, l.written)).collect(),
        })
    }

    /// What the failed check was about, for an error message.
    pub fn failure(&self, failure: crate::device::Failure) -> (u32, String) {
        let Some(check) = self.checks.get(failure.check as usize) else { return (0, String::new()) };
        let message = match check.kind {
            CheckOfKind::Given(kind) => kind.message(failure.at),
            CheckOfKind::Own => self.kernels.iter().find_map(|k| k.0.describe(failure)).unwrap_or_default(),
            CheckOfKind::Index(len) => format!("index {} is out of range for an axis of {len} elements", failure.value),
        };
        (check.node, message)
    }
}

fn flops(graph: &Graph, i: usize) -> u64 {
    if graph.inputs[i].is_empty() {
        // A leaf, which may be the value of any primitive.
        return 0;
    }
    if let Some(launch) = graph.variant(i as u32) {
        return launch.host.flops(&launch.call);
    }
    let inputs: Vec<_> = graph.inputs[i].iter().map(|&k| graph.nodes[k as usize].clone()).collect();
    graph.nodes[i].op().flops(&graph.nodes[i], &inputs)
}

/// By write: whether its leaf's buffer may take the new value while the step runs. Everything else
/// that reads the leaf is then ordered before.
fn in_place(
    graph: &Graph,
    fused: &fuse::Fused,
    groups: &mut [Group],
    targets: &[(u32, u32)],
    checking: &[bool],
) -> Vec<bool> {
    let stores = |g: &Group, node: u32| g.drafts.iter().any(|&d| fused.drafts[d].uses[0].node == node);
    let takes = |g: &Group, leaf: u32| {
        let operand = |d: &fuse::Draft| {
            matches!(d.purpose, fuse::Purpose::Operand(n, _) if Some(n) == g.library) && d.uses[0].node == leaf
        };
        g.library.is_some() && fused.drafts.iter().any(operand)
    };
    let reads = |g: &Group, leaf: u32| {
        let load = |d: &usize| fused.drafts[*d].uses.iter().any(|u| u.node == leaf && (matches!(u.how, How::Load)));
        g.drafts.iter().any(load) || takes(g, leaf)
    };
    targets
        .iter()
        .map(|&(leaf, node)| {
            let Some(home) = groups.iter().position(|g| stores(g, node)) else { return false };
            // A library kernel may run its epilogue while it still reads its operands.
            if targets.iter().filter(|t| t.1 == node).count() > 1 || takes(&groups[home], leaf) {
                return false;
            }
            let readers: Vec<usize> = (0..groups.len()).filter(|&g| g != home && reads(&groups[g], leaf)).collect();
            // A check that is made while the leaf is written, or later, would come too late.
            if (0..groups.len()).any(|g| checking[g] && comes_after(groups, g, home)) {
                return false;
            }
            let identity =
                groups[home].drafts.iter().all(|&d| reads_own_point(graph, fused, &groups[home], d, leaf, node));
            if !identity || readers.iter().any(|&r| comes_after(groups, r, home)) {
                return false;
            }
            readers.into_iter().for_each(|r| {
                if !groups[home].after.contains(&r) {
                    groups[home].after.push(r);
                }
            });
            true
        })
        .collect()
}

fn writes_in_place(fused: &fuse::Fused, group: &Group, targets: &[(u32, u32)], in_place: &[bool]) -> bool {
    let written = |node: u32| targets.iter().zip(in_place).any(|(t, &p)| p && t.1 == node);
    group.drafts.iter().any(|&d| written(fused.drafts[d].uses[0].node))
}

/// Whether `draft` reads `leaf` only where its group stores `node`.
fn reads_own_point(graph: &Graph, fused: &fuse::Fused, group: &Group, draft: usize, leaf: u32, node: u32) -> bool {
    let shape = (group.outer.clone(), group.row.clone());
    let at = |d: &fuse::Draft, used: usize, n: u32| {
        join::padded(join::strides(d, &d.spots[used], graph.nodes[n as usize].dims()), d, &shape)
    };
    let Some(writer) = group.drafts.iter().map(|&d| &fused.drafts[d]).find(|d| d.uses[0].node == node) else {
        return false;
    };
    let stored = at(writer, 0, node);
    let reader = &fused.drafts[draft];
    let own = |u: usize| reader.spots[u].bounds.is_empty() && at(reader, u, leaf) == stored;
    let loads: Vec<usize> = (0..reader.uses.len())
        .filter(|&u| reader.uses[u].node == leaf && matches!(reader.uses[u].how, How::Load))
        .collect();
    loads.into_iter().all(own)
}

/// By stored node: whether its value must lie in memory.
fn needed(graph: &Graph, fused: &fuse::Fused, groups: &[Group], wanted: &[bool]) -> Vec<bool> {
    let mut needed = wanted.to_vec();
    let mut home: HashMap<u32, usize> = HashMap::new();
    for (i, g) in groups.iter().enumerate() {
        home.extend(g.library.map(|n| (n, i)));
        home.extend(g.drafts.iter().map(|&d| (fused.drafts[d].uses[0].node, i)));
    }
    for (i, g) in groups.iter().enumerate() {
        for &d in &g.drafts {
            for u in fused.drafts[d].uses.iter().filter(|u| matches!(u.how, How::Load)) {
                needed[u.node as usize] |= home.get(&u.node) != Some(&i) || g.library == Some(u.node);
            }
        }
    }
    for d in fused.drafts.iter().filter(|d| d.purpose != fuse::Purpose::Store) {
        needed[d.uses[0].node as usize] = true;
    }
    debug_assert_eq!(needed.len(), graph.nodes.len());
    needed
}

/// Notes which products are read by nothing but their epilogues.
fn note_kept(launches: &mut [Launch], wanted: &[bool]) {
    let mut users: HashMap<u32, usize> = HashMap::new();
    for launch in launches.iter() {
        launch.buffers.iter().for_each(|&b| *users.entry(b).or_default() += 1);
    }
    for launch in launches {
        if let Kernel::Contract(contract) = &mut launch.kernel {
            let product = launch.buffers[0];
            contract.kept = contract.epilogue.is_none() || wanted[product as usize] || users[&product] > 1;
        }
    }
}

type Slots = HashMap<u32, Slot>;

/// Where every stored node lies, which of them are results, and the bytes of the arena.
fn slots(
    graph: &Graph,
    launches: &[Launch],
    scratch: &[usize],
    wanted: &[bool],
    targets: &[(u32, u32)],
    in_place: &[bool],
) -> (Slots, Vec<Outcome>, usize) {
    let mut slots: Slots = graph.leaves.iter().enumerate().map(|(i, &n)| (n, Slot::Leaf(i as u32))).collect();
    let mut results = vec![];
    let mut temporaries: Vec<u32> = vec![];
    let mut lives: Vec<place::Life> = vec![];
    let mut index: HashMap<u32, usize> = HashMap::new();
    let donations = donate::donations(graph, launches, wanted);
    for (at, launch) in launches.iter().enumerate() {
        for node in launch.buffers.iter().map(|&b| donations.home(b)) {
            if let Some(&i) = index.get(&node) {
                lives[i].last = at;
            }
            if slots.contains_key(&node) || index.contains_key(&node) {
                continue;
            }
            let bytes = match graph.nodes.get(node as usize) {
                Some(node) => node.bytes(),
                None => scratch[node as usize - graph.nodes.len()],
            };
            if wanted.get(node as usize) == Some(&true) {
                let write = targets.iter().position(|t| t.1 == node).filter(|&w| in_place[w]);
                slots.insert(node, Slot::Result(results.len() as u32));
                let donor = donations.donors.get(&node).copied();
                results.push(Outcome { bytes, in_place: write.map(|w| w as u32), donor });
            } else {
                index.insert(node, lives.len());
                temporaries.push(node);
                lives.push(place::Life { bytes, first: at, last: at });
            }
        }
    }
    let (offsets, arena) = place::place(&lives);
    slots.extend(temporaries.into_iter().zip(offsets).map(|(n, o)| (n, Slot::Arena(o))));
    for &node in donations.moved.keys() {
        slots.insert(node, slots[&donations.home(node)]);
    }
    (slots, results, arena)
}
