//! Maps between two orders of memory: what is consecutive along another dim than the output goes through shared memory.
//!
//! A block has a tile of two dims. It loads along the dim in which an input is consecutive, and computes and stores along
//! the one in which the output is.

use super::emit::{Emit, Held};
use super::map::{lanes, live, points};
use super::memory::is_aligned;
use super::space::Space;
use super::write::{add, all, at, div, index, less, mul, rem, size};
use super::{ParamSource, ScheduledLaunch, Target, blocks_of};
use crate::StepOp;
use crate::kernel::ir::{Expr, Index, Level, Storage};

/// Points of a tile along each of its dims.
const EDGE: usize = 64;
const THREADS: usize = 256;
/// Points of a dim from which on tiles pay.
const LEAST: usize = 24;

/// The loads that cross the order of the output, and the dim along which they are consecutive.
struct Crossing {
    along: usize,
    /// Step and input.
    loads: Vec<(usize, usize)>,
}

fn crossing(space: &Space, target: &Target) -> Option<Crossing> {
    let (p, dims) = (&space.program, space.dims());
    let last = dims.len().checked_sub(1)?;
    if dims[last] < LEAST || !p.outputs.iter().any(|o| o.access.strides[last] == 1) {
        return None;
    }
    let crosses = |step: &usize| {
        let StepOp::Load(i) = p.steps[*step].op else { return None };
        let a = &p.inputs[i as usize].access;
        let along = (0..last).find(|d| a.strides[*d] == 1 && dims[*d] >= LEAST)?;
        (a.strides[last].abs() > 1 && a.bounds.is_empty()).then_some((along, *step, i as usize))
    };
    let found: Vec<(usize, usize, usize)> = live(space).iter().filter_map(crosses).collect();
    let along = found.first()?.0;
    let mut bytes = 0;
    let mut loads = Vec::new();
    for (_, step, input) in found.into_iter().filter(|f| f.0 == along) {
        let size = p.inputs[input].dtype.size();
        bytes += EDGE * pitch(size) * size;
        if bytes <= target.shared {
            loads.push((step, input));
        }
    }
    (!loads.is_empty()).then_some(Crossing { along, loads })
}

/// Sets the indices of a place in the tile, and gives what must hold for it to be in the space.
type Placing<'p> = dyn Fn(&mut Emit, Expr, Expr) -> Option<Expr> + 'p;

/// Elements from one row of a tile to the next: so that columns are in different banks.
fn pitch(size: usize) -> usize {
    EDGE + (4 / size).max(1)
}

/// The place of a group of `width` points in a tile: along its fast dim, and along the other.
fn in_tile(e: &mut Emit, k: Expr, width: usize) -> (Expr, Expr) {
    let number = e.w.bind("n", add(mul(k, size(THREADS)), index(Index::Thread(0))));
    let fast = e.w.bind("fast", mul(rem(number.clone(), EDGE / width), size(width)));
    (fast, e.w.bind("slow", div(number, EDGE / width)))
}

/// The map by tiles, if an input crosses the output.
pub(super) fn tile(
    space: &Space,
    target: &Target,
    sources: &dyn Fn(u32) -> ParamSource,
    guarded: bool,
) -> Option<ScheduledLaunch> {
    let Crossing { along, loads } = crossing(space, target)?;
    let dims = space.dims();
    let last = dims.len() - 1;
    let width = lanes(space, last, dims[last]);
    let mut e = Emit::new(space, sources, Some(last), width);
    if guarded {
        e.guard();
    }
    let mut tiles: Vec<(usize, usize)> = dims.iter().map(|n| (*n, 1)).collect();
    for d in [along, last] {
        tiles[d] = (dims[d].div_ceil(EDGE), EDGE);
    }
    let count: usize = tiles.iter().map(|t| t.0).product();
    let corner = e.unravel(index(Index::Block(0)), &tiles, "tile");
    e.coords.clone_from(&corner);
    let place = |e: &mut Emit, a: Expr, b: Expr| {
        e.coords.clone_from(&corner);
        for (d, own) in [(along, a), (last, b)] {
            e.coords[d] = e.w.bind("i", add(corner[d].clone(), own));
        }
        let inside = [along, last].into_iter().filter(|d| !dims[*d].is_multiple_of(EDGE));
        all(inside.map(|d| less(e.coords[d].clone(), size(dims[d]))))
    };
    let held: Vec<_> = loads.iter().map(|load| load_tile(&mut e, *load, along, &place)).collect();
    e.set_lanes(Some(last), width);
    e.w.sync(Level::Block);
    stores(&mut e, space, width, &held, &place);
    let blocks = blocks_of(count, 1);
    let (kernel, params) = e.finish("tiles", [THREADS as u32, 1, 1], blocks);
    Some(ScheduledLaunch { grid: [blocks, 1, 1], kernel, params })
}

/// Loads a tile of an input along the dim in which it is consecutive: the step, the shared array and its pitch.
fn load_tile(e: &mut Emit, (step, input): (usize, usize), along: usize, place: &Placing) -> (usize, Storage, usize) {
    let dtype = e.space.program.inputs[input].dtype;
    let fits = |w: &usize| {
        e.dims[along].is_multiple_of(*w) && is_aligned(&e.space.program.inputs[input].access, &e.dims, along, *w)
    };
    let w = [16, 8, 4, 2].into_iter().find(|w| w * dtype.size() <= 16 && fits(w)).unwrap_or(1);
    let slots = EDGE * EDGE / w / THREADS;
    let pitch = pitch(dtype.size());
    e.set_lanes(Some(along), w);
    let shared = e.w.share("tile", dtype.into(), EDGE * pitch);
    let array = e.w.declare(&format!("a{step}"), dtype.into(), slots * w, None);
    e.each_slot(slots, |e, k| {
        let (a, b) = in_tile(e, k, w);
        let inside = place(e, a, b);
        e.only_if(inside, |e| e.fetch(step, array));
    });
    e.held[step] = Some(Held::Many { array, slotted: true });
    e.each_slot(slots, |e, k| {
        let (a, b) = in_tile(e, k, w);
        let inside = place(e, a.clone(), b.clone());
        e.only_if(inside, |e| {
            e.each_lane(|e| {
                let value = e.value(crate::Value(step as u32));
                let row = add(a, e.in_lane.clone().unwrap_or(size(0)));
                e.w.store(at(shared, add(mul(row, size(pitch)), b)), value);
            });
        });
    });
    e.held[step] = None;
    (step, shared, pitch)
}

/// Computes and stores a tile along the output's order.
fn stores(e: &mut Emit, space: &Space, width: usize, held: &[(usize, Storage, usize)], place: &Placing) {
    let steps = live(space);
    e.each_slot(EDGE * EDGE / width / THREADS, |e, k| {
        let (b, a) = in_tile(e, k, width);
        let inside = place(e, a.clone(), b.clone());
        for (step, shared, pitch) in held {
            let first = e.w.bind("from", add(mul(a.clone(), size(*pitch)), b.clone()));
            e.held[*step] = Some(Held::Shared { array: *shared, first });
        }
        e.only_if(inside, |e| points(e, &steps));
    });
}
