//! Few and long rows: their parts are reduced by different blocks, and what these found by a second launch.

use super::map::args;
use super::space::{Part, Space, is_bounded, row_major};
use crate::{Access, Compute, Const, DType, Input, Level, Output, ReduceOp, Step, StepOp, Value};

/// Elements, or rows of columns, that a part has at least.
const LEAST: usize = 2048;
const LEAST_ROWS: usize = 64;

/// A program in two: parts of rows, then whole ones.
pub(super) struct Split {
    pub parts: Space,
    pub whole: Space,
    /// Buffers from this number on are in scratch memory, at these places.
    pub first: u32,
    pub offsets: Vec<usize>,
    /// Bytes of it.
    pub scratch: usize,
}

/// Whether values depend on a reduction.
fn reduced(space: &Space) -> Vec<bool> {
    let mut found: Vec<bool> = Vec::new();
    for step in &space.program.steps {
        let is = matches!(step.op, StepOp::Reduce(..)) || args(&step.op).iter().any(|v| found[v.0 as usize]);
        found.push(is);
    }
    found
}

/// Whether all that is made of whole rows is at the outer level.
fn splits(space: &Space) -> bool {
    let (p, reduced) = (&space.program, reduced(space));
    let outer = p.outer.len();
    let bounded = |a: &Access| is_bounded(a, outer, p.row[0]);
    !p.row.is_empty()
        && !p.inputs.iter().any(|i| bounded(&i.access))
        && p.steps.iter().zip(&reduced).all(|(step, reduced)| match &step.op {
            StepOp::Reduce(ReduceOp::ArgMax | ReduceOp::ArgMin, _) => false,
            StepOp::Reduce(_, v) => !self::reduced(space)[v.0 as usize],
            _ => step.level == Level::Outer || !reduced,
        })
}

/// Splits the rows of a program that keeps only `blocks` blocks busy, if that helps and can be.
pub(super) fn split(space: &Space, across: bool, blocks: usize, wanted: usize) -> Option<Split> {
    let p = &space.program;
    if blocks >= wanted / 4 || !splits(space) {
        return None;
    }
    let inner: usize = p.row[1..].iter().product();
    let least = if across { LEAST_ROWS } else { LEAST.div_ceil(inner) };
    let len = p.row[0].div_ceil(wanted.div_ceil(blocks)).max(least).next_multiple_of(if inner == 1 && !across {
        64
    } else {
        1
    });
    let parts = p.row[0].div_ceil(len);
    (parts > 1).then(|| made(space, across, Part { len, whole: p.row[0] }, parts))
}

/// The dtype in which a reduction's parts are kept.
fn wide(op: ReduceOp, dtype: DType) -> DType {
    let sums = matches!(op, ReduceOp::Sum | ReduceOp::Prod);
    if sums && dtype.compute() == Compute::F32 { DType::F32 } else { dtype }
}

fn made(space: &Space, across: bool, part: Part, parts: usize) -> Split {
    let p = &space.program;
    let outer = p.outer.len();
    let rows: usize = p.outer.iter().product();
    let first = p.inputs.iter().map(|i| i.buffer).chain(p.outputs.iter().map(|o| o.buffer)).max().map_or(0, |b| b + 1);
    // Parts lie as the second launch reads them best.
    let of_rows = row_major(&p.outer).into_iter().map(|s| if across { s } else { s * parts as isize });
    let (of_rows, of_part) = (of_rows.collect::<Vec<isize>>(), if across { rows as isize } else { 1 });
    let mut split =
        Split { parts: in_parts(space, part, parts), whole: whole(space, parts), first, offsets: vec![], scratch: 0 };
    let mut values: Vec<Option<Value>> = vec![None; p.steps.len()];
    let mut next = first;
    for (i, step) in p.steps.iter().enumerate() {
        let StepOp::Reduce(op, v) = step.op else {
            // What is at full level is done with.
            if step.level == Level::Outer {
                let op = renamed(&step.op, &values, outer);
                values[i] = Some(push(&mut split.whole, Step { op, ..step.clone() }));
            }
            continue;
        };
        let dtype = wide(op, step.dtype);
        let size = (rows * parts * dtype.size()).next_multiple_of(256);
        split.offsets.push(split.scratch);
        split.scratch += size;
        // What a part gives.
        let from = &p.steps[v.0 as usize];
        let mut own = v;
        if from.dtype != dtype {
            own = push(&mut split.parts, Step { op: StepOp::Cast(v), dtype, level: from.level });
        }
        let value = push(&mut split.parts, Step { op: StepOp::Reduce(op, own), dtype, level: Level::Outer });
        let mut strides = vec![of_part];
        strides.extend(&of_rows);
        strides.resize(1 + outer + p.row.len(), 0);
        let access = Access { offset: 0, strides, bounds: Vec::new() };
        split.parts.program.outputs.push(Output { buffer: next, value, access });
        // And all parts together.
        let mut strides = of_rows.clone();
        strides.push(of_part);
        let access = Access { offset: 0, strides, bounds: Vec::new() };
        split.whole.program.inputs.push(Input { buffer: next, dtype, access });
        let input = split.whole.program.inputs.len() as u32 - 1;
        let loaded = push(&mut split.whole, Step { op: StepOp::Load(input), dtype, level: Level::Full });
        let mut value = push(&mut split.whole, Step { op: StepOp::Reduce(op, loaded), dtype, level: Level::Outer });
        if step.dtype != dtype {
            value = push(&mut split.whole, Step { op: StepOp::Cast(value), dtype: step.dtype, level: Level::Outer });
        }
        values[i] = Some(value);
        next += 1;
    }
    for output in p.outputs.iter().filter(|o| p.steps[o.value.0 as usize].level == Level::Outer) {
        let value = values[output.value.0 as usize].unwrap_or(output.value);
        split.whole.program.outputs.push(Output { value, access: over_parts(&output.access, outer), ..output.clone() });
    }
    split
}

/// A step at the outer level, of values that have other numbers.
fn renamed(op: &StepOp, values: &[Option<Value>], outer: usize) -> StepOp {
    let of = |v: &Value| values[v.0 as usize].unwrap_or(*v);
    match op {
        StepOp::Apply(op, args) => StepOp::Apply(*op, args.iter().map(of).collect()),
        StepOp::Cast(v) => StepOp::Cast(of(v)),
        StepOp::Check(v, check) => StepOp::Check(of(v), *check),
        StepOp::Index { input, index, stride, len, check } => {
            StepOp::Index { input: *input, index: of(index), stride: *stride, len: *len, check: *check }
        }
        StepOp::Iota(a) => StepOp::Iota(over_parts(a, outer)),
        op => op.clone(),
    }
}

fn push(space: &mut Space, step: Step) -> Value {
    space.program.steps.push(step);
    Value(space.program.steps.len() as u32 - 1)
}

/// The access with a row of parts, along which it does not move.
fn over_parts(a: &Access, outer: usize) -> Access {
    let mut a = a.clone();
    a.strides.truncate(outer);
    a.strides.push(0);
    if !a.bounds.is_empty() {
        a.bounds.truncate(outer);
        a.bounds.push((0, isize::MAX));
    }
    a
}

/// The program over parts of rows, without what is made of whole ones.
fn in_parts(space: &Space, part: Part, parts: usize) -> Space {
    let (outer, len) = (space.program.outer.len(), part.len as isize);
    let more = |strides: &[isize], by: isize| std::iter::once(by).chain(strides.iter().copied()).collect::<Vec<_>>();
    let along = |a: &Access| {
        let mut bounds = a.bounds.clone();
        if !bounds.is_empty() {
            bounds.insert(0, (0, isize::MAX));
        }
        Access { offset: a.offset, strides: more(&a.strides, a.strides[outer] * len), bounds }
    };
    let mut new = space.clone();
    new.number = more(&space.number, space.number[outer] * len);
    new.outer_number = more(&space.outer_number, 0);
    new.row_number = more(&space.row_number, space.row_number[outer] * len);
    new.first_row = std::iter::once(false).chain(space.first_row.iter().copied()).collect();
    new.part = Some(part);
    let p = &mut new.program;
    p.outer.insert(0, parts);
    p.row[0] = part.len;
    p.inputs.iter_mut().for_each(|i| i.access = along(&i.access));
    let reduced = reduced(space);
    for (step, reduced) in p.steps.iter_mut().zip(&reduced) {
        let fails = matches!(step.op, StepOp::Check(..) | StepOp::Index { .. });
        match &mut step.op {
            StepOp::Iota(a) => *a = along(a),
            _ if *reduced || (fails && step.level == Level::Outer && !feeds(space)) => {
                step.op = StepOp::Const(Const::new(step.dtype, 0.0));
            }
            _ => {}
        }
    }
    let steps = &p.steps;
    p.outputs.retain(|o| steps[o.value.0 as usize].level == Level::Full);
    p.outputs.iter_mut().for_each(|o| o.access = along(&o.access));
    new
}

/// Whether a step at full level may take one at the outer level that fails checks.
fn feeds(space: &Space) -> bool {
    let steps = &space.program.steps;
    steps.iter().any(|s| s.level == Level::Outer && matches!(s.op, StepOp::Index { .. }))
}

/// An empty program over the outer dims and a row of parts, with the inputs of the old one.
fn whole(space: &Space, parts: usize) -> Space {
    let outer = space.program.outer.len();
    let mut new = space.clone();
    for strides in [&mut new.number, &mut new.outer_number, &mut new.row_number] {
        strides.clone_from(&space.outer_number);
        strides.truncate(outer);
        strides.push(0);
    }
    new.first_row = (0..=outer).map(|d| d == outer).collect();
    let p = &mut new.program;
    p.row = vec![parts];
    p.inputs.iter_mut().for_each(|i| i.access = over_parts(&i.access, outer));
    (p.steps, p.outputs) = (Vec::new(), Vec::new());
    new
}
