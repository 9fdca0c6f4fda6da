//! Maps: a thread computes several groups of lanes, each group with memory accesses of up to 16 bytes.

use super::emit::{Emit, Held};
use super::memory::is_aligned;
use super::space::{Space, is_bounded};
use super::write::{add, index, less, mul, size};
use super::{ParamSource, ScheduledLaunch, Target, blocks_of};
use crate::kernel::ir::{Expr, Index};
use crate::{Access, StepOp};

/// Threads of a block.
const THREADS: usize = 256;
/// Statements, in all lanes and slots, up to which a thread gets more than one group.
const MOST: usize = 2048;

/// The accesses that values are loaded and stored by, with bytes of an element.
pub(super) fn accesses(space: &Space) -> Vec<(&Access, usize)> {
    let p = &space.program;
    let mut found: Vec<(&Access, usize)> = p.inputs.iter().map(|i| (&i.access, i.dtype.size())).collect();
    found.extend(p.outputs.iter().map(|o| (&o.access, p.steps[o.value.0 as usize].dtype.size())));
    found
}

/// The dims, those along which the largest output (or else input) moves least last.
pub(super) fn output_order(space: &Space) -> Vec<usize> {
    let dims = space.dims();
    let p = &space.program;
    let bytes = |(a, size): &(&Access, usize)| {
        size * a.strides.iter().zip(&dims).filter(|(s, _)| **s != 0).map(|(_, n)| *n).product::<usize>()
    };
    let all = accesses(space);
    let (inputs, outputs) = all.split_at(p.inputs.len());
    let largest = |list: &[(&Access, usize)]| {
        let most = list.iter().map(bytes).max().unwrap_or(0);
        list.iter().find(|x| bytes(x) == most).map(|x| x.0.strides.clone())
    };
    let mut order: Vec<usize> = (0..dims.len()).collect();
    if let Some(strides) = largest(outputs).or(largest(inputs)) {
        // Dims along which it repeats stay outside.
        order
            .sort_by_key(|d| std::cmp::Reverse(if strides[*d] == 0 { usize::MAX } else { strides[*d].unsigned_abs() }));
    }
    order
}

/// The most lanes along a dim that let all accesses which are consecutive there be vectors. `n` is what it must divide.
pub(super) fn lanes(space: &Space, lane: usize, n: usize) -> usize {
    let dims = space.dims();
    let consecutive = |a: &Access| a.strides[lane] == 1 && !is_bounded(a, lane, dims[lane]);
    let all: Vec<(&Access, usize)> = accesses(space).into_iter().filter(|(a, _)| consecutive(a)).collect();
    let smallest = all.iter().map(|a| a.1).min().unwrap_or(16);
    let largest = all.iter().map(|a| a.1).max().unwrap_or(16);
    let moved = |s: &crate::Step| if let StepOp::Index { stride, .. } = s.op { Some(stride) } else { None };
    let fits = |width: usize| {
        n.is_multiple_of(width)
            && all.iter().all(|(a, _)| is_aligned(a, &dims, lane, width))
            && space.program.steps.iter().filter_map(moved).all(|s| s == 1 || s % width as isize == 0)
    };
    let most = (16 / smallest).min((32 / largest).max(1));
    [16, 8, 4, 2].into_iter().find(|w| *w <= most && fits(*w)).unwrap_or(1)
}

/// Steps whose value is the same at all points, and fails no check.
pub(super) fn fixed(space: &Space) -> Vec<bool> {
    let mut fixed: Vec<bool> = Vec::new();
    for step in &space.program.steps {
        let is = match &step.op {
            StepOp::Load(i) => {
                let input = &space.program.inputs[*i as usize];
                // Only the thread of a point may read what it overwrites.
                let written = space.program.outputs.iter().any(|o| o.buffer == input.buffer);
                input.access.strides.iter().all(|s| *s == 0) && input.access.bounds.is_empty() && !written
            }
            StepOp::Iota(a) => a.strides.iter().all(|s| *s == 0),
            StepOp::Const(_) | StepOp::Arg(_) => true,
            StepOp::Apply(_, args) => args.iter().all(|v| fixed[v.0 as usize]),
            StepOp::Cast(v) => fixed[v.0 as usize],
            StepOp::Index { .. } | StepOp::Check(..) | StepOp::Reduce(..) => false,
        };
        fixed.push(is);
    }
    fixed
}

/// How a map is cut up.
struct Cut {
    width: usize,
    slots: usize,
    threads: usize,
    /// Groups of lanes.
    groups: usize,
    /// Points after the last full group.
    tail: usize,
}

fn cut(space: &Space, target: &Target) -> Cut {
    let dims = space.dims();
    let points: usize = dims.iter().product();
    let last = dims.len().wrapping_sub(1);
    let width = match dims.last() {
        None => 1,
        // One dim may have a tail.
        Some(n) if dims.len() == 1 => lanes(space, last, if *n >= 1024 { 16 } else { *n }),
        Some(n) => lanes(space, last, *n),
    };
    let groups = points / width;
    let threads = groups.div_ceil(32).clamp(1, THREADS / 32) * 32;
    let loads: usize = space.program.inputs.iter().map(|i| (width * i.dtype.size()).div_ceil(16)).sum();
    let mut slots = match loads {
        0 | 1 => 4,
        2 | 3 => 2,
        _ => 1,
    };
    while slots > 1
        && (groups < threads * slots * 4 * target.multiprocessors as usize
            || slots * width * space.program.steps.len() > MOST)
    {
        slots /= 2;
    }
    Cut { width, slots, threads, groups, tail: points % width }
}

pub(super) fn map(
    space: &Space,
    target: &Target,
    sources: &dyn Fn(u32) -> ParamSource,
    guarded: bool,
) -> ScheduledLaunch {
    let Cut { width, slots, threads, groups, tail } = cut(space, target);
    let mut e = Emit::new(space, sources, space.dims().len().checked_sub(1), width);
    if guarded {
        e.guard();
    }
    let live = live(space);
    let fixed = fixed(space);
    let once: Vec<usize> = live.iter().copied().filter(|i| fixed[*i]).collect();
    let each: Vec<usize> = live.into_iter().filter(|i| !fixed[*i]).collect();
    e.coords = vec![size(0); space.dims().len()];
    e.compute(&once);
    e.divisors(&once, &|i| !fixed[i]);
    let first = mul(index(Index::Block(0)), size(threads * slots));
    let first = e.w.bind("first", add(first, index(Index::Thread(0))));
    let blocks = blocks_of(groups, threads * slots);
    let exact = groups.is_multiple_of(threads * slots);
    let mut dims: Vec<(usize, usize)> = space.dims().into_iter().map(|n| (n, 1)).collect();
    if let (Some(last), true) = (dims.last_mut(), width > 1) {
        *last = (last.0 / width, width);
    }
    let at_slot = |e: &mut Emit, k: Expr, f: &mut dyn FnMut(&mut Emit)| {
        let g = e.w.bind("group", add(first.clone(), mul(k, size(threads))));
        let inside = (!exact).then(|| less(g.clone(), size(groups)));
        e.only_if(inside, |e| {
            e.coords = e.unravel(g, &dims, "g");
            f(e);
        });
    };
    let fetched = fetch(&mut e, &each, slots, &at_slot);
    e.each_slot(slots, |e, k| at_slot(e, k, &mut |e| points(e, &each)));
    if tail > 0 {
        fetched.iter().for_each(|i| e.held[*i] = None);
        e.set_lanes(None, 1);
        e.only_if(Some(less(first.clone(), size(tail))), |e| {
            e.coords = vec![add(first.clone(), size(groups * width))];
            points(e, &each);
        });
    }
    let (kernel, params) = e.finish("map", [threads as u32, 1, 1], blocks);
    ScheduledLaunch { grid: [blocks, 1, 1], kernel, params }
}

/// Loads what steps load at each slot, all before the first is used; `at_slot` gives a group's indices and where it is one.
fn fetch(
    e: &mut Emit,
    steps: &[usize],
    slots: usize,
    at_slot: &dyn Fn(&mut Emit, Expr, &mut dyn FnMut(&mut Emit)),
) -> Vec<usize> {
    let is_load = |i: &usize| slots > 1 && matches!(e.space.program.steps[*i].op, StepOp::Load(_));
    let fetched: Vec<usize> = steps.iter().copied().filter(is_load).collect();
    let mut arrays = Vec::new();
    for &i in &fetched {
        let ty = e.space.program.steps[i].dtype.into();
        arrays.push(e.w.declare(&format!("a{i}"), ty, slots * e.lanes_of(i), None));
    }
    if !fetched.is_empty() {
        e.each_slot(slots, |e, k| {
            at_slot(e, k, &mut |e| fetched.iter().zip(&arrays).for_each(|(i, a)| e.fetch(*i, *a)));
        });
    }
    fetched.iter().zip(arrays).for_each(|(i, array)| e.held[*i] = Some(Held::Many { array, slotted: true }));
    fetched
}

/// Computes and stores a group of lanes.
pub(super) fn points(e: &mut Emit, steps: &[usize]) {
    let outputs: Vec<usize> = (0..e.space.program.outputs.len()).collect();
    let staged = e.stage(&outputs);
    e.prepare(steps);
    e.stage_lanes(steps, &outputs, &staged);
    e.store_vectors(&outputs, &staged);
}

/// Steps that an output or a check needs.
pub(super) fn live(space: &Space) -> Vec<usize> {
    let p = &space.program;
    let mut live = vec![false; p.steps.len()];
    p.outputs.iter().for_each(|o| live[o.value.0 as usize] = true);
    for i in (0..p.steps.len()).rev() {
        live[i] |= matches!(p.steps[i].op, StepOp::Check(..) | StepOp::Index { .. });
        if live[i] {
            args(&p.steps[i].op).iter().for_each(|v| live[v.0 as usize] = true);
        }
    }
    (0..live.len()).filter(|i| live[*i]).collect()
}

/// The values that a step takes.
pub(super) fn args(op: &StepOp) -> Vec<crate::Value> {
    match op {
        StepOp::Load(_) | StepOp::Iota(_) | StepOp::Const(_) | StepOp::Arg(_) => Vec::new(),
        StepOp::Index { index, .. } => vec![*index],
        StepOp::Apply(_, args) => args.clone(),
        StepOp::Cast(v) | StepOp::Reduce(_, v) | StepOp::Check(v, _) => vec![*v],
    }
}
