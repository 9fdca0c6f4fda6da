//! A plan runs: launch by launch at first, as one graph once it comes again with the same buffers.
//!
//! What a graph reads and writes lies where it lay when the graph was captured. Parameters, states and the results that a
//! plan keeps for itself do. A leaf that lies elsewhere each time, as batches do, is copied to a slot of the plan first.

use super::gpu::{Gpu, said};
use super::memory;
use crate::device::{ErrorWord, Run};
use crate::error::Result;
use cudarc::driver::{result, sys};

/// The graphs of a plan on one GPU, and the slots of its leaves.
#[derive(Default)]
pub(crate) struct Instances {
    /// The pointers of the last run.
    last: Vec<u64>,
    /// By leaf: whether it lies elsewhere from run to run, and its slot once there is one.
    moving: Vec<(bool, Option<Slot>)>,
    /// The last used first.
    known: Vec<Instance>,
}

/// Memory of a plan on a GPU, freed with it.
struct Slot {
    gpu: &'static Gpu,
    at: u64,
}

struct Instance {
    /// Where everything lies; 0 for what moves.
    pointers: Vec<u64>,
    graph: Captured,
}

enum Captured {
    /// Seen once.
    NotYet,
    Graph(Graph),
    /// The driver refused.
    Never,
}

struct Graph {
    gpu: &'static Gpu,
    exec: sys::CUgraphExec,
}

// SAFETY: handles of the driver may be used from any thread.
unsafe impl Send for Graph {}

/// Graphs that a plan keeps.
const MAX_GRAPHS: usize = 8;

/// Runs it; on return everything is enqueued.
pub(crate) fn run(ordinal: u8, run: Run<'_>) -> Result<()> {
    let gpu = Gpu::get(ordinal)?;
    let mut queue = gpu.queue();
    let arena = queue.arena.ensure(run.arena_bytes)? as *mut u8;
    queue.numbers.begin(run.args, run.report)?;
    let launch = |pointers: &[*mut u8]| {
        let errors = ErrorWord::default();
        (run.launch)(pointers, arena, &errors);
        errors.broken().map_or(Ok(()), Err)
    };
    if !run.captured {
        return launch(run.pointers);
    }
    let mut instances = run.instances.lock().unwrap_or_else(|e| e.into_inner());
    let instances = &mut *instances;
    instances.note(run.pointers, run.leaves.len());
    let key = instances.key(run.pointers);
    let Some(at) = instances.known.iter().position(|i| i.pointers == key) else {
        instances.known.truncate(MAX_GRAPHS - 1);
        instances.known.insert(0, Instance { pointers: key, graph: Captured::NotYet });
        return launch(run.pointers);
    };
    instances.known.swap(0, at);
    let pointers = instances.place(gpu, run.pointers, run.leaves)?;
    let known = &mut instances.known[0];
    if matches!(known.graph, Captured::NotYet) {
        known.graph = match capture(gpu, || launch(&pointers)) {
            Ok(exec) => Captured::Graph(Graph { gpu, exec }),
            Err(e) => {
                log::warn!("a plan runs launch by launch, since it cannot be captured: {e}");
                Captured::Never
            }
        };
    }
    match &known.graph {
        // SAFETY: the graph is whole, and what it reads and writes lies where it lay.
        Captured::Graph(graph) => {
            unsafe { result::graph::launch(graph.exec, gpu.stream) }.map_err(|e| said("launching a captured step", e))
        }
        _ => launch(run.pointers),
    }
}

fn capture(gpu: &'static Gpu, launch: impl FnOnce() -> Result<()>) -> Result<sys::CUgraphExec> {
    let capturing = |e| said("capturing a step", e);
    let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_RELAXED;
    // SAFETY: the stream is alive and the queue is ours, so nobody else enqueues.
    unsafe { result::stream::begin_capture(gpu.stream, mode) }.map_err(capturing)?;
    let launched = launch();
    // SAFETY: begun above.
    let graph = unsafe { result::stream::end_capture(gpu.stream) };
    launched?;
    let graph = graph.map_err(capturing)?;
    // SAFETY: the graph was captured above, and is used no more once it is instantiated.
    unsafe {
        let exec = result::graph::instantiate(graph, sys::CUgraphInstantiate_flags(0));
        let _ = result::graph::destroy(graph);
        exec.map_err(capturing)
    }
}

impl Instances {
    /// Notes which leaves lie elsewhere than in the last run.
    fn note(&mut self, pointers: &[*mut u8], leaves: usize) {
        self.moving.resize_with(leaves, || (false, None));
        let mut changed = false;
        for (i, moving) in self.moving.iter_mut().enumerate() {
            let moved = self.last.get(i).is_some_and(|&last| last != pointers[i] as u64);
            changed |= moved && !moving.0;
            moving.0 |= moved;
        }
        if changed {
            self.known.clear();
        }
        self.last.clear();
        self.last.extend(pointers.iter().map(|&p| p as u64));
    }

    fn key(&self, pointers: &[*mut u8]) -> Vec<u64> {
        let moves = |i: usize| self.moving.get(i).is_some_and(|m| m.0);
        pointers.iter().enumerate().map(|(i, &p)| if moves(i) { 0 } else { p as u64 }).collect()
    }

    /// The pointers with leaves that move copied to their slots.
    fn place(&mut self, gpu: &'static Gpu, pointers: &[*mut u8], leaves: &[usize]) -> Result<Vec<*mut u8>> {
        let mut placed = pointers.to_vec();
        for (i, (moves, slot)) in self.moving.iter_mut().enumerate() {
            if !*moves || leaves[i] == 0 {
                continue;
            }
            let at = match slot {
                Some(slot) => slot.at,
                None => slot.insert(Slot { gpu, at: gpu.alloc(leaves[i])? }).at,
            };
            // SAFETY: both hold the leaf's bytes.
            unsafe { memory::copy(gpu, at, pointers[i] as u64, leaves[i]) }?;
            placed[i] = at as *mut u8;
        }
        Ok(placed)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // SAFETY: allocated in `place`; the graphs that use it go with it.
        unsafe { self.gpu.free(self.at) };
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // SAFETY: instantiated in `capture`; one that runs is destroyed when it is done.
        let _ = self.gpu.make_current().map(|()| unsafe { result::graph::exec_destroy(self.exec) });
    }
}
