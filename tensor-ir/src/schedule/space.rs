//! A program over as few dims as say the same, in the order in which memory is walked best.

use crate::{Access, Const, DType, Level, Program, ReduceOp, Step, StepOp};

/// A program ready to be scheduled.
#[derive(Clone)]
pub(super) struct Space {
    /// The program over the new dims; `row` is empty if nothing is reduced.
    pub program: Program,
    /// Dims from here on are the row's. Without a reduction they stand among `program.outer`.
    pub first_row: Vec<bool>,
    /// The number of a point of outer x row, as strides over all dims: what failed checks tell.
    pub number: Vec<isize>,
    /// The number of a point of the outer space.
    pub outer_number: Vec<isize>,
    /// The number of a row element: what `ArgMax` and `ArgMin` give.
    pub row_number: Vec<isize>,
    /// Row elements of a part of a row: see [`Part`].
    pub part: Option<Part>,
}

/// Rows in parts: outer dim 0 numbers the parts of `len` elements of a row of `whole`; the last may have fewer.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub len: usize,
    pub whole: usize,
}

/// The value of a reduction of nothing.
fn identity(op: ReduceOp, dtype: DType) -> Const {
    match op {
        ReduceOp::Sum | ReduceOp::ArgMax | ReduceOp::ArgMin => Const::new(dtype, 0.0),
        ReduceOp::Prod => Const::new(dtype, 1.0),
        ReduceOp::Max => Const::new(dtype, f64::NEG_INFINITY),
        ReduceOp::Min => Const::new(dtype, f64::INFINITY),
        ReduceOp::Any => Const::new(dtype, 0.0),
        ReduceOp::All => Const::new(dtype, 1.0),
    }
}

/// Calls `f` with each access of a program.
fn each_access(program: &mut Program, mut f: impl FnMut(&mut Access)) {
    program.inputs.iter_mut().for_each(|i| f(&mut i.access));
    program.outputs.iter_mut().for_each(|o| f(&mut o.access));
    for step in &mut program.steps {
        if let StepOp::Iota(access) = &mut step.op {
            f(access);
        }
    }
}

/// Rows without elements: reductions are constants, and nothing is at full level.
fn without_row(program: &Program) -> Program {
    let mut p = program.clone();
    let steps = program.steps.iter().map(|step| match &step.op {
        StepOp::Reduce(op, _) => Step { op: StepOp::Const(identity(*op, step.dtype)), ..step.clone() },
        _ if step.level == Level::Full => {
            Step { op: StepOp::Const(Const::new(step.dtype, 0.0)), dtype: step.dtype, level: Level::Outer }
        }
        _ => step.clone(),
    });
    p.steps = steps.collect();
    p.outputs.retain(|o| program.steps[o.value.0 as usize].level == Level::Outer);
    p.row.clear();
    let outer = p.outer.len();
    each_access(&mut p, |a| {
        a.strides.truncate(outer);
        a.bounds.truncate(outer);
    });
    p
}

impl Space {
    /// The space of a program that has points.
    pub fn new(program: &Program) -> Space {
        let mut p = if program.row_len() == 0 { without_row(program) } else { program.clone() };
        let all: Vec<usize> = p.outer.iter().chain(&p.row).copied().collect();
        let number = row_major(&all);
        let mut outer_number = row_major(&p.outer);
        outer_number.resize(all.len(), 0);
        let mut row_number = vec![0; p.outer.len()];
        row_number.extend(row_major(&p.row));
        let mut first_row = vec![false; p.outer.len()];
        first_row.resize(all.len(), true);
        let reduces = p.steps.iter().any(|s| matches!(s.op, StepOp::Reduce(..)));
        if !reduces {
            p.outer = all;
            p.row = Vec::new();
        }
        Space { program: p, first_row, number, outer_number, row_number, part: None }
    }

    pub fn dims(&self) -> Vec<usize> {
        self.program.outer.iter().chain(&self.program.row).copied().collect()
    }

    /// Whether a step may fail.
    pub fn has_checks(&self) -> bool {
        self.program.steps.iter().any(|s| matches!(s.op, StepOp::Check(..) | StepOp::Index { .. }))
    }

    fn has_args(&self) -> bool {
        let is_arg = |s: &Step| matches!(s.op, StepOp::Reduce(ReduceOp::ArgMax | ReduceOp::ArgMin, _));
        self.program.steps.iter().any(is_arg)
    }

    /// The same with dims in this order (of outer ones, then of row ones), those joined that are walked as one.
    pub fn ordered(&self, order: &[usize]) -> Space {
        let dims = self.dims();
        let outer = self.program.outer.len();
        let mut accesses = Vec::new();
        let mut copy = self.program.clone();
        each_access(&mut copy, |a| accesses.push(a.clone()));
        let numbered = |strides: &[isize]| Access { offset: 0, strides: strides.to_vec(), bounds: Vec::new() };
        if self.has_checks() {
            accesses.extend([numbered(&self.number), numbered(&self.outer_number)]);
        }
        if self.has_args() {
            accesses.push(numbered(&self.row_number));
        }
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for &d in order.iter().filter(|d| dims[**d] != 1 || accesses.iter().any(|a| is_bounded(a, **d, 1))) {
            let joins = groups.last().and_then(|g| g.last()).is_some_and(|&before| {
                (before < outer) == (d < outer)
                    && self.first_row[before] == self.first_row[d]
                    && !(self.part.is_some() && (before == 0 || before == outer || d == 0 || d == outer))
                    && accesses.iter().all(|a| follows(a, before, d, dims[d]))
            });
            match groups.last_mut() {
                Some(group) if joins => group.push(d),
                _ => groups.push(vec![d]),
            }
        }
        self.regrouped(&groups)
    }

    fn regrouped(&self, groups: &[Vec<usize>]) -> Space {
        let (dims, outer) = (self.dims(), self.program.outer.len());
        let strides = |s: &[isize]| groups.iter().map(|g| s[g[g.len() - 1]]).collect::<Vec<_>>();
        let mut space = Space {
            number: strides(&self.number),
            outer_number: strides(&self.outer_number),
            row_number: strides(&self.row_number),
            first_row: groups.iter().map(|g| self.first_row[g[0]]).collect(),
            ..self.clone()
        };
        let len = |g: &Vec<usize>| g.iter().map(|d| dims[*d]).product::<usize>();
        let is_outer = |g: &&Vec<usize>| g[0] < outer;
        space.program.outer = groups.iter().filter(is_outer).map(len).collect();
        space.program.row = groups.iter().filter(|g| !is_outer(g)).map(len).collect();
        each_access(&mut space.program, |a| {
            if !a.bounds.is_empty() {
                let joined = |g: &Vec<usize>| {
                    let inner: isize = g[1..].iter().map(|d| dims[*d] as isize).product();
                    let (low, high) = a.bounds[g[0]];
                    (low.saturating_mul(inner), high.saturating_mul(inner))
                };
                a.bounds = groups.iter().map(joined).collect();
            }
            a.strides = strides(&a.strides);
        });
        space
    }
}

/// Whether the inner dim of `n` elements goes on where the outer one's elements end.
fn follows(a: &Access, outer: usize, inner: usize, n: usize) -> bool {
    a.strides[outer] == a.strides[inner] * n as isize && !is_bounded(a, inner, n)
}

/// Whether some index of a dim of `n` elements is outside.
pub(super) fn is_bounded(a: &Access, d: usize, n: usize) -> bool {
    a.bounds.get(d).is_some_and(|(low, high)| *low > 0 || *high < n as isize)
}

/// Strides of an array of these sizes.
pub(super) fn row_major(dims: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; dims.len()];
    for d in (1..dims.len()).rev() {
        strides[d - 1] = strides[d] * dims[d] as isize;
    }
    strides
}
