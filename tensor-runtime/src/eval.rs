//! Evaluation: looks and steps. A graph is numbered, its plan found or made, buffers are bound, and
//! the kernels run. No lock is held while they do.

use crate::device::{self, Buffer, ErrorWord, Run};
use crate::error::{Error, Result};
use crate::graph::{self, Node, Origin};
use crate::plan::{self, Graph, Plan, Slot, Write};
use crate::prim::{Number, Op};
use crate::settings;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

/// What one thread needs to evaluate; its memory is kept from one evaluation to the next.
#[derive(Default)]
struct Evaluator {
    graph: Graph,
    arena: Option<Buffer>,
    args: Vec<f64>,
    leaves: Vec<Arc<Buffer>>,
    results: Vec<Arc<Buffer>>,
    pointers: Vec<*mut u8>,
    /// Launches that overwrite an argument.
    overwriting: Vec<Node>,
    /// The plans that this thread used last, by hash.
    recent: Vec<(u64, Arc<Plan>)>,
}

/// Plans that a thread finds without asking the others.
const RECENT_PLANS: usize = 8;

thread_local! {
    static EVALUATOR: RefCell<Option<Box<Evaluator>>> = const { RefCell::new(None) };
    static EAGER: Cell<Option<bool>> = const { Cell::new(None) };
    static CHECKED: Cell<bool> = const { Cell::new(false) };
}

/// Plans by key hash, the least recently made dropped first.
#[derive(Default)]
struct Plans {
    by_hash: HashMap<u64, Vec<Arc<Plan>>>,
    order: std::collections::VecDeque<u64>,
}

/// Plans kept at most.
const MAX_PLANS: usize = 512;

static PLANS: LazyLock<Mutex<Plans>> = LazyLock::new(Mutex::default);
static PLANS_MADE: AtomicU64 = AtomicU64::new(0);

/// How many plans this process has made so far.
pub fn plans_made() -> u64 {
    PLANS_MADE.load(Ordering::Relaxed)
}

/// Runs `f` with evaluation node by node (`true`) or planned (`false`) on this thread, whatever
/// `FORMWORK_EAGER` says. Both give the same bits.
pub fn eager<R>(on: bool, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<bool>);
    impl Drop for Restore {
        fn drop(&mut self) {
            EAGER.set(self.0);
        }
    }
    let _restore = Restore(EAGER.replace(Some(on)));
    f()
}

/// Runs `f` with kernels of users checked, whatever `FORMWORK_CHECK` says.
pub(crate) fn checked<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            CHECKED.set(self.0);
        }
    }
    let _restore = Restore(CHECKED.replace(true));
    f()
}

fn is_checked() -> bool {
    static VARIABLE: LazyLock<bool> = LazyLock::new(settings::check_kernels);
    CHECKED.get() || *VARIABLE
}

fn is_eager() -> bool {
    static VARIABLE: LazyLock<bool> = LazyLock::new(settings::eager);
    EAGER.get().unwrap_or(*VARIABLE)
}

/// Gives the pending ones of `nodes` their values.
pub(crate) fn look(nodes: &[Node]) -> Result<()> {
    let pending: smallvec::SmallVec<[Node; 2]> = nodes.iter().filter(|n| !n.has_value()).cloned().collect();
    if pending.is_empty() {
        return Ok(());
    }
    transfer(&pending.iter().collect::<smallvec::SmallVec<[&Node; 2]>>())?;
    with_evaluator(|evaluator| {
        evaluator.graph.number(&pending, &[], true)?;
        let plan = evaluator.plan()?;
        evaluator.run(&plan, |_| None)?;
        if !plan.checks.is_empty() {
            evaluator.graph.device.finish()?;
        }
        evaluator.keep(&plan);
        Ok(())
    })
}

/// Gives the written nodes to their leaves: returns the new value of each. Every pending node that a
/// user holds on this thread is evaluated with them; then what lies above the leaves is cut.
pub(crate) fn step(writes: &[Write]) -> Result<Vec<Arc<Buffer>>> {
    let mut held = graph::take_pending();
    let below: Vec<&Node> = writes.iter().map(|w| &w.node).chain(&held).filter(|n| n.has_transfers()).collect();
    if let Err(e) = transfer(&below) {
        graph::restore_pending(&held);
        return Err(e);
    }
    let taken: RefCell<Vec<(&Node, Arc<Buffer>)>> = RefCell::default();
    let stepped = with_evaluator(|evaluator| {
        if evaluator.graph.number(&held, writes, false).is_err() {
            // What is held but can be computed no more is no error of this step.
            held.retain(|n| evaluator.graph.number(std::slice::from_ref(n), &[], false).is_ok());
            evaluator.graph.number(&held, writes, false)?;
        }
        let plan = evaluator.plan()?;
        // A leaf is overwritten if only its owner holds it, and nothing else the buffer but this evaluation
        // and the plan that made it. It has no value meanwhile: another thread that evaluates what was made
        // of it finds it cut.
        let own = |w: u32| {
            let leaf = &writes[w as usize].leaf;
            let is_own = |v: &Arc<Buffer>| leaf.handles() <= 1 && Arc::strong_count(v) <= 2 + v.is_pooled() as usize;
            let value = leaf.take_value(is_own)?;
            taken.borrow_mut().push((leaf, value.clone()));
            Some(value)
        };
        evaluator.run(&plan, own)?;
        evaluator.keep(&plan);
        let values = evaluator.written(&plan);
        evaluator.cut();
        Ok(values)
    });
    match stepped {
        Ok(values) => {
            graph::cut(writes.iter().map(|w| &w.leaf));
            writes.iter().for_each(|w| retire(&w.leaf));
            graph::cut_valued();
            Ok(values)
        }
        Err(e) => {
            for (leaf, value) in taken.into_inner() {
                leaf.settle(value);
            }
            graph::restore_pending(&held);
            Err(e)
        }
    }
}

/// A leaf that was replaced keeps its value only for those who hold it.
fn retire(leaf: &Node) {
    if leaf.handles() <= 1 {
        leaf.take_value(|_| true);
    }
}

/// The plan of the given nodes as text: kernels, bytes, operations, memory.
pub(crate) fn explain(nodes: &[Node]) -> Result<String> {
    with_evaluator(|evaluator| {
        evaluator.graph.number(nodes, &[], true)?;
        let plan = evaluator.plan()?;
        Ok(plan::explain(&plan, &evaluator.graph))
    })
}

/// What a failed check of `plan` means.
fn report(plan: &Arc<Plan>, graph: &Graph) -> device::Report {
    let origins: Vec<(u32, Origin)> =
        plan.checks.iter().map(|c| (c.node, graph.nodes[c.node as usize].origin())).collect();
    let plan = Arc::downgrade(plan);
    Box::new(move |failure, own| {
        let (node, message) = plan.upgrade().map_or((0, String::new()), |plan| plan.failure(failure));
        let message = own.unwrap_or(message);
        let Some((_, origin)) = origins.iter().find(|o| o.0 == node) else { return Error::other(message) };
        let op = if origin.name.is_empty() { String::new() } else { format!("{}: ", origin.name) };
        Error::Value { message: op + &message, scope: origin.scope.to_string(), at: origin.at }
    })
}

/// Gives the transfers below `nodes` their values, the lowest first.
fn transfer(nodes: &[&Node]) -> Result<()> {
    let mut stack: Vec<(Node, bool)> =
        nodes.iter().filter(|n| n.has_transfers()).map(|&n| (n.clone(), false)).collect();
    let mut seen = HashSet::new();
    while let Some((node, is_ready)) = stack.pop() {
        let Op::Transfer(_) = node.op() else {
            if seen.insert(node.address()) {
                stack.extend(node.inputs().into_iter().filter(Node::has_transfers).map(|n| (n, false)));
            }
            continue;
        };
        let Some(input) = node.inputs().first().cloned() else { continue };
        if input.has_transfers() && !is_ready {
            stack.push((node, true));
            stack.push((input, false));
            continue;
        }
        look(std::slice::from_ref(&input))?;
        let value = input.value().ok_or_else(|| input.error().unwrap_or(Error::Cut { at: node.origin().at }))?;
        node.settle(Arc::new(value.to_device(node.device())?));
    }
    Ok(())
}

fn with_evaluator<R>(f: impl FnOnce(&mut Evaluator) -> Result<R>) -> Result<R> {
    settings::check()?;
    // Taken out: another evaluation may come to this thread while this one waits for the pool.
    let mut evaluator = EVALUATOR.with_borrow_mut(Option::take).unwrap_or_default();
    let result = f(&mut evaluator);
    evaluator.graph.clear();
    evaluator.leaves.clear();
    evaluator.results.clear();
    evaluator.pointers.clear();
    if let Err(error) = &result {
        // What they were given is half overwritten.
        evaluator.overwriting.iter().for_each(|launch| launch.poison(error.clone()));
    }
    evaluator.overwriting.clear();
    EVALUATOR.with_borrow_mut(|slot| *slot = Some(evaluator));
    result
}

impl Evaluator {
    /// The plan of the numbered graph.
    fn plan(&mut self) -> Result<Arc<Plan>> {
        let mode = plan::Mode { eager: is_eager(), checked: is_checked() };
        self.graph.words.push(mode.eager as u64 | (mode.checked as u64) << 1);
        let hash = plan::hash(&self.graph.words);
        if let Some(at) = self.recent.iter().position(|(h, p)| *h == hash && p.words == self.graph.words) {
            self.recent.swap(0, at);
            return Ok(self.recent[0].1.clone());
        }
        let plan = self.find_or_make(hash, mode)?;
        self.recent.truncate(RECENT_PLANS - 1);
        self.recent.insert(0, (hash, plan.clone()));
        Ok(plan)
    }

    /// The plan of the numbered graph from those of all threads.
    fn find_or_make(&mut self, hash: u64, mode: plan::Mode) -> Result<Arc<Plan>> {
        {
            let plans = PLANS.lock().unwrap_or_else(|e| e.into_inner());
            let same = |p: &&Arc<Plan>| p.words == self.graph.words;
            if let Some(plan) = plans.by_hash.get(&hash).and_then(|list| list.iter().find(same)) {
                return Ok(plan.clone());
            }
        }
        // Before the plan is made, which simplifies the graph.
        let why = log::log_enabled!(log::Level::Debug)
            .then(|| plan::difference(&self.graph, self.recent.iter().map(|r| &*r.1)));
        let started = std::time::Instant::now();
        let plan = Arc::new(Plan::new(&mut self.graph, mode)?);
        PLANS_MADE.fetch_add(1, Ordering::Relaxed);
        log::debug!(
            "plan {} ({}): {} nodes, {} kernels, {} bytes, made in {:?}",
            plans_made(),
            why.unwrap_or_default(),
            self.graph.nodes.len(),
            plan.steps.len(),
            plan.arena,
            started.elapsed()
        );
        let mut plans = PLANS.lock().unwrap_or_else(|e| e.into_inner());
        plans.by_hash.entry(hash).or_default().push(plan.clone());
        plans.order.push_back(hash);
        if plans.order.len() > MAX_PLANS
            && let Some(oldest) = plans.order.pop_front()
            && let Some(list) = plans.by_hash.get_mut(&oldest)
        {
            list.remove(0);
            if list.is_empty() {
                plans.by_hash.remove(&oldest);
            }
        }
        Ok(plan)
    }

    /// Binds buffers and runs the kernels. `own` gives the buffer of a write's leaf if it may be overwritten.
    fn run(&mut self, plan: &Arc<Plan>, own: impl Fn(u32) -> Option<Arc<Buffer>>) -> Result<()> {
        self.bind(plan, own)?;
        let leaves = self.leaves.len();
        let (device, profiled) = (self.graph.device, self.graph.device.is_profiled());
        let launch = |pointers: &[*mut u8], arena: *mut u8, errors: &ErrorWord| {
            let mut buffers: smallvec::SmallVec<[*mut u8; 16]> = smallvec::SmallVec::new();
            for (i, step) in plan.steps.iter().enumerate() {
                if i == plan.updates && errors.has_failed() {
                    return;
                }
                buffers.clear();
                buffers.extend(step.slots.iter().map(|slot| match *slot {
                    Slot::Leaf(i) => pointers[i as usize],
                    Slot::Result(i) => pointers[leaves + i as usize],
                    // SAFETY: the arena holds the plan's temporaries.
                    Slot::Arena(offset) => unsafe { arena.add(offset) },
                }));
                // SAFETY: the plan gives every kernel buffers of the sizes it was made for, orders
                // kernels by their dependences and never lets live values overlap.
                unsafe { step.run.launch(&buffers, &self.args, errors) };
                if profiled {
                    device.launched(|| plan::kernel_name(plan, &self.graph, i));
                }
            }
        };
        let sizes: smallvec::SmallVec<[usize; 16]> = self.leaves.iter().map(|b| b.bytes()).collect();
        let run = Run {
            instances: &plan.instances,
            pointers: &self.pointers,
            leaves: &sizes,
            arena: &mut self.arena,
            arena_bytes: plan.arena,
            args: &self.args,
            report: (!plan.checks.is_empty()).then(|| report(plan, &self.graph)),
            parallel: plan.parallel,
            captured: !settings::eager() && !profiled,
            launch: &launch,
        };
        self.graph.device.run(run)?;
        // A new buffer is no value before the checks are known.
        match !plan.checks.is_empty() && (0..plan.results.len()).any(|i| self.is_moved(plan, i)) {
            true => self.graph.device.finish(),
            false => Ok(()),
        }
    }

    /// Whether result `i` is the new value of a leaf that could not be overwritten.
    fn is_moved(&self, plan: &Plan, i: usize) -> bool {
        let written = |slot: &Slot| matches!(slot, Slot::Result(at) if *at as usize == i);
        let leaf = |at: usize| self.graph.leaves.binary_search(&self.graph.writes[at].0).ok();
        let own = |at: usize| leaf(at).is_some_and(|l| Arc::ptr_eq(&self.leaves[l], &self.results[i]));
        plan.written.iter().enumerate().any(|(at, slot)| written(slot) && !own(at))
    }

    fn bind(&mut self, plan: &Plan, own: impl Fn(u32) -> Option<Arc<Buffer>>) -> Result<()> {
        self.args.clear();
        for &n in &self.graph.numbers {
            if let Op::Number(Number(x)) = self.graph.nodes[n as usize].op() {
                self.args.push(*x);
            }
        }
        self.leaves.clear();
        self.results.clear();
        for &leaf in &self.graph.leaves {
            let node = &self.graph.nodes[leaf as usize];
            let value = node.value().ok_or(Error::Cut { at: node.origin().at })?;
            self.leaves.push(value);
        }
        for (i, outcome) in plan.results.iter().enumerate() {
            let given = outcome.in_place.and_then(&own).or_else(|| self.donated(outcome.donor?));
            let buffer = match given {
                Some(buffer) => buffer,
                None => self.spare(plan, i, outcome.bytes)?,
            };
            self.results.push(buffer);
        }
        self.pointers.clear();
        self.pointers.extend(self.leaves.iter().chain(&self.results).map(|b| b.ptr()));
        Ok(())
    }

    /// The buffer of a leaf that a launch may overwrite: nobody holds the leaf but the launch, nobody the launch but
    /// results that get their values now, and nobody can ask for a gradient that wants the old value.
    fn donated(&mut self, donor: plan::Donor) -> Option<Arc<Buffer>> {
        let graph = &self.graph;
        let (leaf, launch) =
            (&graph.nodes[graph.leaves[donor.leaf as usize] as usize], &graph.nodes[donor.launch as usize]);
        let own = |n: &Node| n.handles() == 0 && !n.is_param();
        let Op::Kernel(kernel) = launch.op() else { return None };
        let outputs: Vec<u32> = graph.outputs(donor.launch).map(|o| o.1).collect();
        let known = outputs.iter().all(|o| graph.roots.binary_search(o).is_ok());
        // The graph of this evaluation holds one reference to each, and the launch one to the leaf.
        let alone = leaf.references() == 2 && launch.references() == 1 + outputs.len();
        if !own(leaf) || !known || !alone || (!kernel.is_refused() && launch.inputs().iter().any(Node::may_be_asked)) {
            return None;
        }
        let value = leaf.take_value(|v| Arc::strong_count(v) <= 2 + v.is_pooled() as usize)?;
        self.overwriting.push(launch.clone());
        Some(value)
    }

    /// A buffer for the plan's result `i` that nobody holds.
    fn spare(&self, plan: &Plan, i: usize, bytes: usize) -> Result<Arc<Buffer>> {
        let mut spare = plan.spare.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(free) = spare[i].iter().find(|b| Arc::strong_count(b) == 1) {
            return Ok(free.clone());
        }
        let buffer = Arc::new(Buffer::alloc(self.graph.device, bytes)?);
        if spare[i].len() < 4 {
            buffer.set_pooled(true);
            spare[i].push(buffer.clone());
        }
        Ok(buffer)
    }

    fn buffer(&self, slot: Slot) -> Option<&Arc<Buffer>> {
        match slot {
            Slot::Leaf(i) => self.leaves.get(i as usize),
            Slot::Result(i) => self.results.get(i as usize),
            Slot::Arena(_) => None,
        }
    }

    /// Gives the roots their values.
    fn keep(&self, plan: &Plan) {
        for (&root, &slot) in self.graph.roots.iter().zip(&plan.kept) {
            let node = &self.graph.nodes[root as usize];
            if let Some(value) = self.buffer(slot) {
                let was_open = node.settle(value.clone());
                let of = self.graph.inputs[root as usize].first().map(|&i| &self.graph.nodes[i as usize]);
                let overwrote = of.is_some_and(|of| self.overwriting.iter().any(|l| l.same(of)));
                if node.op().is_detached() || overwrote {
                    // Not even a gradient asks what it was made from.
                    node.let_go();
                } else if was_open {
                    graph::note_valued(node);
                }
            }
        }
    }

    /// The buffers of the written nodes.
    fn written(&self, plan: &Plan) -> Vec<Arc<Buffer>> {
        plan.written.iter().filter_map(|&slot| self.buffer(slot).cloned()).collect()
    }

    /// Cuts every node that depends on a written leaf.
    fn cut(&self) {
        let graph = &self.graph;
        let mut above = vec![false; graph.nodes.len()];
        graph.writes.iter().for_each(|&(leaf, _)| above[leaf as usize] = true);
        for (i, inputs) in graph.inputs.iter().enumerate() {
            above[i] |= inputs.iter().any(|&k| above[k as usize]);
        }
        let is_cut = |i: &usize| above[*i] && !graph.inputs[*i].is_empty();
        graph::cut((0..above.len()).filter(is_cut).map(|i| &graph.nodes[i]));
    }
}
