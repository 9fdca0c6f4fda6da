//! Programs with reductions: a team of threads has a row.
//!
//! The row is held in registers if it is short enough, else each pass over it reads the inputs again. Values that a later
//! pass wants are kept or computed again, whichever is less.

use super::emit::{Emit, Held};
use super::map::{accesses, lanes};
use super::phase::{Pass, Passes};
use super::reduce::Team;
use super::space::Space;
use super::split::split;
use super::write::{add, all, compare, div, index, less, mul, rem, select, size};
use super::{ParamSource, Schedule, ScheduledLaunch, Target, blocks_of};
use crate::kernel::ir::{self, Expr, Index};
use crate::{Access, Intrinsic, Level, StepOp};

/// Registers of 4 bytes that values of a row may take in a thread.
const ROOM: usize = 64;
/// Elements that a thread should have, so that loads overlap.
const ELEMENTS: usize = 16;

/// How rows are shared out.
#[derive(Clone, Copy, Debug)]
struct Shape {
    lane: usize,
    width: usize,
    team: Team,
    /// Groups of lanes that a thread has at once.
    slots: usize,
    /// How often it takes so many, to get through the row.
    rounds: usize,
    /// Teams of a block.
    teams: usize,
}

impl Shape {
    /// Threads of a team.
    fn threads(&self) -> usize {
        match self.team {
            Team::Warp(n) | Team::Block(n) | Team::Across { threads: n, .. } => n,
        }
    }

    fn is_across(&self) -> bool {
        matches!(self.team, Team::Across { .. })
    }
}

/// Whether memory is consecutive along an outer dim rather than along the row, and the dims in the order of memory.
fn arranged(space: &Space) -> (bool, Space) {
    let (dims, outer) = (space.dims(), space.program.outer.len());
    let points = |a: &Access| a.strides.iter().zip(&dims).filter(|(s, _)| **s != 0).map(|(_, n)| *n).product::<usize>();
    let is_full = |a: &Access| a.strides[outer..].iter().zip(&dims[outer..]).any(|(s, n)| *s != 0 && *n > 1);
    let full: Vec<(&Access, usize)> = accesses(space).into_iter().filter(|(a, _)| is_full(a)).collect();
    let along =
        |a: &Access, row: bool| (0..dims.len()).any(|d| a.strides[d] == 1 && dims[d] > 1 && (d >= outer) == row);
    let weight = |row: bool| full.iter().filter(|(a, _)| along(a, row)).map(|(a, s)| points(a) * s).sum::<usize>();
    let across = weight(false) > weight(true);
    let mut order: Vec<usize> = (0..dims.len()).collect();
    let most = full.iter().map(|(a, s)| points(a) * s).max().unwrap_or(0);
    if let Some((main, _)) = full.iter().find(|(a, s)| points(a) * s == most) {
        let far = |s: isize| std::cmp::Reverse(if s == 0 { usize::MAX } else { s.unsigned_abs() });
        order.sort_by_key(|d| (*d >= outer, far(main.strides[*d])));
    }
    (across, space.ordered(&order))
}

/// Registers that an element of each load takes.
fn registers(space: &Space) -> usize {
    let full = space.program.steps.iter().filter(|s| s.level == Level::Full && matches!(s.op, StepOp::Load(_)));
    full.map(|s| s.dtype.size().div_ceil(4)).sum::<usize>().max(1)
}

fn shape(space: &Space, across: bool, target: &Target) -> Shape {
    let (dims, outer) = (space.dims(), space.program.outer.len());
    let row: usize = space.program.row.iter().product();
    let each = registers(space);
    if across && outer > 0 {
        let lane = outer - 1;
        let width = lanes(space, lane, dims[lane]).min(8);
        let columns = (dims[lane] / width).next_power_of_two().min(32);
        let slots = (ELEMENTS / width).clamp(1, (ROOM / 2 / (each * width)).max(1));
        let reduces = space.program.steps.iter().filter(|s| matches!(s.op, StepOp::Reduce(..))).count().max(1);
        let mut threads = (row / 8).max(1).next_power_of_two().min(512 / columns);
        while threads > 1 && 16 * reduces * threads * columns * width > target.shared {
            threads /= 2;
        }
        let slots = slots.min(row.div_ceil(threads));
        let rounds = row.div_ceil(threads * slots);
        return Shape { lane, width, team: Team::Across { threads, columns }, slots, rounds, teams: columns };
    }
    let lane = dims.len().saturating_sub(1);
    let width = space.program.row.last().map_or(1, |last| {
        let whole = space.part.map_or(*last, |p| if space.program.row.len() == 1 { p.whole } else { *last });
        lanes(space, lane, gcd(*last, whole))
    });
    let groups = row / width;
    let ideal = (ELEMENTS / width).min(ROOM / (each * width)).max(1);
    if groups <= 64 * ideal {
        let threads = groups.div_ceil(ideal).next_power_of_two().min(32);
        let rows: usize = space.program.outer.iter().product();
        let mut teams = 128 / threads;
        while teams * threads > 32 && rows.div_ceil(teams) < 2 * target.multiprocessors as usize {
            teams /= 2;
        }
        return Shape { lane, width, team: Team::Warp(threads), slots: groups.div_ceil(threads), rounds: 1, teams };
    }
    let threads = groups.div_ceil(ideal).next_power_of_two().clamp(64, 1024);
    let slots = groups.div_ceil(threads);
    let room = if threads == 1024 { ROOM / 2 } else { ROOM };
    if slots * width * each <= room {
        return Shape { lane, width, team: Team::Block(threads), slots, rounds: 1, teams: 1 };
    }
    let rounds = groups.div_ceil(512 * ideal);
    Shape { lane, width, team: Team::Block(512), slots: ideal, rounds, teams: 1 }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// What a thread knows of its place.
struct Thread {
    /// Its number in the team.
    number: Expr,
    outer: Vec<Expr>,
    /// Whether its team has a row, if not all have.
    valid: Option<Expr>,
    /// Below what the groups of lanes of the row are numbered, if not all numbers are.
    end: Option<Expr>,
}

/// The launches of a program with reductions, and how much scratch memory they share.
pub(super) fn rows(space: &Space, target: &Target, guarded: bool) -> Schedule {
    let (across, space) = arranged(space);
    let own = shape(&space, across, target);
    let rows: usize = space.program.outer.iter().product();
    let blocks = (rows / if across { own.width } else { 1 }).div_ceil(own.teams);
    let Some(split) = split(&space, across, blocks, 4 * target.multiprocessors as usize) else {
        return Schedule { launches: vec![row(&space, across, target, &ParamSource::Buffer, guarded)], scratch: 0 };
    };
    let source = |buffer: u32| match buffer.checked_sub(split.first) {
        Some(i) => ParamSource::Scratch { offset: split.offsets[i as usize] },
        None => ParamSource::Buffer(buffer),
    };
    let first = row(&split.parts, across, target, &source, guarded);
    let (across, whole) = arranged(&split.whole);
    Schedule { launches: vec![first, row(&whole, across, target, &source, guarded)], scratch: split.scratch }
}

fn row(
    space: &Space,
    across: bool,
    target: &Target,
    sources: &dyn Fn(u32) -> ParamSource,
    guarded: bool,
) -> ScheduledLaunch {
    let shape = shape(space, across, target);
    let mut e = Emit::new(space, sources, Some(shape.lane), shape.width);
    if guarded {
        e.guard();
    }
    let (thread, blocks) = placed(&mut e, &shape);
    let threads = shape.threads();
    let kept = shape.slots * shape.width;
    let room = if shape.rounds > 1 { 0 } else { (ROOM / kept.max(1)).clamp(1, 8) };
    let Passes { passes, last } = Passes::new(space, room);
    let row_dims = row_dims(&e, &shape);
    for pass in &passes {
        e.coords = thread.outer.iter().cloned().chain(row_dims.iter().map(|_| size(0))).collect();
        e.valid = thread.valid.clone();
        outer_steps(&mut e, &pass.outer);
        e.valid = None;
        run_pass(&mut e, pass, &shape, &thread, &row_dims);
    }
    e.coords = thread.outer.iter().cloned().chain(row_dims.iter().map(|_| size(0))).collect();
    e.valid = thread.valid.clone();
    outer_steps(&mut e, &last);
    store_outer(&mut e, &shape, &thread);
    let block = match shape.team {
        Team::Across { .. } => [shape.teams as u32, threads as u32, 1],
        _ => [(shape.teams * threads) as u32, 1, 1],
    };
    let (kernel, params) = e.finish(if across { "columns" } else { "rows" }, block, blocks);
    ScheduledLaunch { grid: [blocks, 1, 1], kernel, params }
}

/// Sizes of the row dims, and by how much an index moves: the last one by lanes where they lie along it.
fn row_dims(e: &Emit, shape: &Shape) -> Vec<(usize, usize)> {
    let mut dims: Vec<(usize, usize)> = e.space.program.row.iter().map(|n| (*n, 1)).collect();
    if let (Some(last), false) = (dims.last_mut(), shape.is_across()) {
        *last = (last.0 / shape.width, shape.width);
    }
    dims
}

fn placed(e: &mut Emit, shape: &Shape) -> (Thread, u32) {
    let mut dims: Vec<(usize, usize)> = e.space.program.outer.iter().map(|n| (*n, 1)).collect();
    let threads = shape.threads();
    if let (Some(last), true) = (dims.last_mut(), shape.is_across()) {
        *last = (last.0 / shape.width, shape.width);
    }
    let rows: usize = dims.iter().map(|d| d.0).product();
    let blocks = blocks_of(rows, shape.teams);
    let x = index(Index::Thread(0));
    let (number, team) = match shape.team {
        Team::Across { .. } => (index(Index::Thread(1)), x),
        _ if shape.teams == 1 => (x, size(0)),
        _ => (rem(x.clone(), threads), div(x, threads)),
    };
    let number = e.w.bind("thread", number);
    let row = e.w.bind("row", add(mul(index(Index::Block(0)), size(shape.teams)), team));
    let valid = (!rows.is_multiple_of(shape.teams)).then(|| less(row.clone(), size(rows)));
    let valid = valid.map(|v| e.w.bind("valid", v));
    let outer = e.unravel(row, &dims, "o");
    let groups: usize = row_dims(e, shape).iter().map(|d| d.0).product();
    let exact = groups == threads * shape.slots * shape.rounds;
    let mut end = size(groups);
    if let Some(part) = e.space.part {
        let inner = groups * if shape.is_across() { 1 } else { shape.width } / part.len;
        let step = if shape.is_across() { 1 } else { shape.width };
        let first = mul(outer[0].clone(), size(part.len * inner / step));
        let left = super::write::sub(size(part.whole * inner / step), first);
        let left = e.w.bind("left", left);
        end = select(less(left.clone(), size(groups)), left, size(groups));
    }
    if let Some(valid) = &valid {
        end = select(valid.clone(), end, size(0));
    }
    let end = (!exact || valid.is_some() || e.space.part.is_some()).then(|| e.w.bind("end", end));
    (Thread { number, outer, valid, end }, blocks)
}

/// Computes steps at the outer level; where lanes are columns, into arrays.
fn outer_steps(e: &mut Emit, steps: &[usize]) {
    e.prepare(steps);
    let space = e.space;
    e.divisors(steps, &|i| space.program.steps[i].level == Level::Full);
    let varying: Vec<usize> = steps.iter().copied().filter(|i| e.held[*i].is_none()).collect();
    if varying.is_empty() {
        return;
    }
    let mut arrays = Vec::new();
    for &i in &varying {
        let ty = e.space.program.steps[i].dtype.into();
        arrays.push(e.w.declare(&format!("u{i}"), ty, e.width, None));
    }
    e.each_lane(|e| {
        e.compute(&varying);
        varying.iter().zip(&arrays).for_each(|(i, array)| e.keep(*i, *array, false));
    });
    varying.iter().zip(arrays).for_each(|(i, array)| e.held[*i] = Some(Held::Many { array, slotted: false }));
}

/// Runs `f` at each slot of this thread that has elements, with the indices of the first.
fn each_group(
    e: &mut Emit,
    shape: &Shape,
    thread: &Thread,
    round: &Expr,
    row_dims: &[(usize, usize)],
    f: impl FnOnce(&mut Emit),
) {
    e.each_slot(shape.slots, |e, k| {
        let slot = add(mul(round.clone(), size(shape.slots)), k);
        let group = add(mul(slot, size(shape.threads())), thread.number.clone());
        let group = e.w.bind("group", group);
        let inside = thread.end.clone().map(|end| less(group.clone(), end));
        e.only_if(inside, |e| {
            let own = e.unravel(group, row_dims, "r");
            e.coords = thread.outer.iter().cloned().chain(own).collect();
            f(e);
        });
    });
}

fn run_pass(e: &mut Emit, pass: &Pass, shape: &Shape, thread: &Thread, row_dims: &[(usize, usize)]) {
    let accs = e.accumulators(&pass.reduces, shape.is_across());
    let is_load = |i: &usize| matches!(e.space.program.steps[*i].op, StepOp::Load(_));
    let fetched: Vec<usize> =
        pass.steps.iter().copied().filter(|i| is_load(i) && (shape.slots > 1 || pass.keeps.contains(i))).collect();
    let mut arrays = Vec::new();
    for i in fetched.iter().chain(pass.keeps.iter().filter(|i| !fetched.contains(i))) {
        let ty = e.space.program.steps[*i].dtype.into();
        let array = e.w.declare(&format!("a{i}"), ty, shape.slots * e.lanes_of(*i), None);
        arrays.push((*i, array));
    }
    let array_of = |i: usize| arrays.iter().find(|a| a.0 == i).map_or(0, |a| a.1);
    let rounds = (shape.rounds > 1).then(|| e.w.begin_loop("round"));
    let round = rounds.as_ref().map_or(size(0), |r| r.1.clone());
    if !fetched.is_empty() {
        each_group(e, shape, thread, &round, row_dims, |e| fetched.iter().for_each(|i| e.fetch(*i, array_of(*i))));
    }
    for &i in &fetched {
        e.held[i] = Some(Held::Many { array: array_of(i), slotted: true });
    }
    let kept: Vec<usize> = pass.keeps.iter().copied().filter(|i| !fetched.contains(i)).collect();
    let once: Vec<usize> = kept.iter().copied().filter(|i| !e.varies[*i]).collect();
    each_group(e, shape, thread, &round, row_dims, |e| {
        let staged = e.stage(&pass.outputs);
        e.prepare(&pass.steps);
        once.iter().for_each(|i| e.keep(*i, array_of(*i), true));
        if accs.is_empty() && kept.is_empty() {
            e.stage_lanes(&pass.steps, &pass.outputs, &staged);
            return e.store_vectors(&pass.outputs, &staged);
        }
        e.each_lane(|e| {
            e.compute(&pass.steps);
            kept.iter().filter(|i| !once.contains(i)).for_each(|i| e.keep(*i, array_of(*i), true));
            accs.iter().for_each(|acc| e.accumulate(acc));
            e.store_lane(&pass.outputs, &staged);
        });
        e.store_vectors(&pass.outputs, &staged);
    });
    if let Some((var, _)) = rounds {
        e.w.end_loop(var, shape.rounds);
    }
    for i in fetched {
        e.held[i] = None;
    }
    for &i in &pass.keeps {
        e.held[i] = Some(Held::Many { array: array_of(i), slotted: true });
    }
    if !accs.is_empty() {
        e.combine(&accs, shape.team);
        let space = e.space;
        e.divisors(&pass.reduces, &|i| space.program.steps[i].level == Level::Full);
    }
}

/// Stores the outputs at the outer level, by one thread of each team.
fn store_outer(e: &mut Emit, shape: &Shape, thread: &Thread) {
    let p = &e.space.program;
    let is_outer = |o: &usize| p.steps[p.outputs[*o].value.0 as usize].level == Level::Outer;
    let outputs: Vec<usize> = (0..p.outputs.len()).filter(is_outer).collect();
    if outputs.is_empty() {
        return;
    }
    // The others of the team may not have read yet what this thread overwrites, by whatever parameter.
    if p.steps.iter().any(|s| s.level == Level::Outer && matches!(s.op, StepOp::Load(_) | StepOp::Index { .. })) {
        match shape.team {
            Team::Warp(1) | Team::Across { threads: 1, .. } => {}
            Team::Warp(_) => e.w.sync(ir::Level::Warp),
            _ => e.w.sync(ir::Level::Block),
        }
    }
    let first = (shape.threads() > 1).then(|| compare(Intrinsic::Eq, thread.number.clone(), size(0)));
    let cond = all(thread.valid.clone().into_iter().chain(first));
    e.valid = None;
    e.only_if(cond, |e| {
        let staged = e.stage(&outputs);
        e.each_lane(|e| e.store_lane(&outputs, &staged));
        e.store_vectors(&outputs, &staged);
    });
}
