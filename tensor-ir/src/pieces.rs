//! Values that are put together from pieces: each point is read from one of several padded inputs.

use crate::{Access, Const, Intrinsic, Program, StepOp, Value};

/// Pieces that are looked for.
const MOST: usize = 64;

/// Loads that are put together: no two of them are inside their bounds at one point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
    pub inputs: Vec<u32>,
    /// Whether one of them is inside at every point.
    pub is_whole: bool,
    /// The value where none is; else it is zero.
    pub fill: Option<Const>,
}

/// Half-open ranges of the index, by dim.
type Ranges = Vec<(isize, isize)>;

impl Program {
    /// The loads that a step puts together, if it is a choice by place between padded loads, or between one and a
    /// constant.
    pub fn pieces(&self, step: usize) -> Option<Pieces> {
        if let Some(pieces) = self.padded(step) {
            return Some(pieces);
        }
        let mut inputs = Vec::new();
        self.collect_pieces(step, &mut inputs)?;
        (inputs.len() > 1).then(|| Pieces { is_whole: self.is_whole(&inputs), inputs, fill: None })
    }

    /// A load where it is inside its bounds, and a constant elsewhere.
    fn padded(&self, step: usize) -> Option<Pieces> {
        let StepOp::Apply(Intrinsic::Select, args) = &self.steps[step].op else { return None };
        let [is_inside, load, fill] = *args.as_slice() else { return None };
        let StepOp::Load(input) = self.steps[load.0 as usize].op else { return None };
        let StepOp::Const(fill) = self.steps[fill.0 as usize].op else { return None };
        let dims = self.outer.iter().chain(&self.row);
        let mut ranges: Ranges = dims.map(|n| (0, *n as isize)).collect();
        let all = ranges.clone();
        self.narrow(is_inside, &mut ranges)?;
        let bounds = &self.inputs[input as usize].access.bounds;
        let bounds = bounds.iter().zip(&all).map(|((low, high), (_, n))| ((*low).max(0), (*high).min(*n)));
        ranges.iter().copied().eq(bounds).then(|| Pieces { inputs: vec![input], is_whole: false, fill: Some(fill) })
    }

    /// Narrows the ranges to where a boolean is true, if it says that indices lie in ranges.
    fn narrow(&self, v: Value, ranges: &mut Ranges) -> Option<()> {
        let StepOp::Apply(op, args) = &self.steps[v.0 as usize].op else { return None };
        let [a, b] = *args.as_slice() else { return None };
        if *op == Intrinsic::And {
            self.narrow(a, ranges)?;
            return self.narrow(b, ranges);
        }
        let (dim, end) = self.first_from(a, b)?;
        match op {
            Intrinsic::Lt => ranges[dim].1 = ranges[dim].1.min(end),
            Intrinsic::Ge => ranges[dim].0 = ranges[dim].0.max(end),
            _ => return None,
        }
        Some(())
    }

    /// Whether loads that do not meet fill the space: along one dim, the others without bounds.
    fn is_whole(&self, inputs: &[u32]) -> bool {
        let dims: Vec<usize> = self.outer.iter().chain(&self.row).copied().collect();
        // The indices of a dim that a load is inside of.
        let len = |input: u32, d: usize| {
            let bounds = self.inputs[input as usize].access.bounds.get(d).copied();
            bounds.map_or(dims[d], |(low, high)| (high.min(dims[d] as isize) - low.max(0)).max(0) as usize)
        };
        let is_along = |d: usize| {
            let others = |i: &u32| (0..dims.len()).all(|e| e == d || len(*i, e) == dims[e]);
            inputs.iter().all(others) && inputs.iter().map(|i| len(*i, d)).sum::<usize>() == dims[d]
        };
        (0..dims.len()).any(is_along)
    }

    fn collect_pieces(&self, step: usize, pieces: &mut Vec<u32>) -> Option<()> {
        if let StepOp::Load(input) = self.steps[step].op {
            pieces.push(input);
            return (pieces.len() <= MOST).then_some(());
        }
        let StepOp::Apply(Intrinsic::Select, args) = &self.steps[step].op else { return None };
        let [before, below, above] = *args.as_slice() else { return None };
        let StepOp::Apply(Intrinsic::Lt, compared) = &self.steps[before.0 as usize].op else { return None };
        let (dim, end) = self.first_from(*compared.first()?, *compared.get(1)?)?;
        let first = pieces.len();
        self.collect_pieces(below.0 as usize, pieces)?;
        let middle = pieces.len();
        self.collect_pieces(above.0 as usize, pieces)?;
        let bounds = |input: &u32| self.inputs[*input as usize].access.bounds.get(dim).copied();
        let ends = pieces[first..middle].iter().all(|i| bounds(i).is_some_and(|(_, high)| high <= end));
        let starts = pieces[middle..].iter().all(|i| bounds(i).is_some_and(|(low, _)| low >= end));
        (ends && starts).then_some(())
    }

    /// The dim that a place depends on, and the first index from which on it is not below the number.
    fn first_from(&self, place: Value, number: Value) -> Option<(usize, isize)> {
        let StepOp::Iota(Access { offset, strides, .. }) = &self.steps[place.0 as usize].op else { return None };
        let StepOp::Const(number) = self.steps[number.0 as usize].op else { return None };
        let mut dims = (0..strides.len()).filter(|d| strides[*d] != 0);
        let (dim, None) = (dims.next()?, dims.next()) else { return None };
        let (end, stride) = (number.scalar().to_i64() as isize - offset, strides[dim]);
        (stride > 0).then(|| (dim, end.div_euclid(stride) + (end.rem_euclid(stride) > 0) as isize))
    }
}
