//! Where elements are, and how they are loaded and stored.

use super::emit::{Emit, Held, zero};
use super::space::{Space, is_bounded};
use super::write::{add, all, at, cast, compare, less, mul, size, sub};
use crate::kernel::Mode;
use crate::kernel::ir::{Access as Place, Expr, ScalarType, StmtNode, Storage};
use crate::{Access, DType, Intrinsic, StepOp};

/// The elements that a buffer must have, and its parameter's mode.
pub(super) fn reach(space: &Space, dims: &[usize], buffer: u32) -> (DType, usize, Mode) {
    let p = &space.program;
    let mut found = (DType::F32, 0usize);
    let mut grow = |dtype: DType, a: &Access, more: usize| {
        let mut last = a.offset;
        let outer = p.outer.len();
        for (d, s) in a.strides.iter().enumerate().filter(|(_, s)| **s > 0) {
            // The parts of a row are one row.
            let n = match space.part {
                Some(_) if d == 0 && a.strides[outer] != 0 => 1,
                Some(part) if d == outer => part.whole,
                _ => dims[d],
            };
            let end = a.bounds.get(d).map_or(n as isize, |b| b.1.min(n as isize));
            last += s * (end - 1).max(0);
        }
        found = (dtype, found.1.max(last.max(0) as usize + more + 1));
    };
    for (i, input) in p.inputs.iter().enumerate().filter(|(_, i)| i.buffer == buffer) {
        let moved = |s: &crate::Step| match &s.op {
            StepOp::Index { input, stride, len, .. } if *input == i as u32 => {
                (stride.unsigned_abs()) * (len - 1).max(0) as usize
            }
            _ => 0,
        };
        grow(input.dtype, &input.access, p.steps.iter().map(moved).max().unwrap_or(0));
    }
    let is_read = p.inputs.iter().any(|i| i.buffer == buffer);
    let mut full = false;
    for output in p.outputs.iter().filter(|o| o.buffer == buffer) {
        let step = &p.steps[output.value.0 as usize];
        grow(step.dtype, &output.access, 0);
    }
    if let Some(output) = p.outputs.iter().find(|o| o.buffer == buffer) {
        let points = dims.iter().zip(&output.access.strides).filter(|(_, s)| **s != 0).map(|(n, _)| *n);
        full = points.product::<usize>() == found.1 && output.access.offset == 0 && space.part.is_none();
    }
    let is_written = p.outputs.iter().any(|o| o.buffer == buffer);
    let mode = match (is_read, is_written) {
        (_, false) => Mode::In,
        (false, true) if full => Mode::Out,
        _ => Mode::InOut,
    };
    (found.0, found.1, mode)
}

/// Whether `width` lanes along a dim are consecutive elements at a multiple of their number.
pub(super) fn is_aligned(a: &Access, dims: &[usize], lane: usize, width: usize) -> bool {
    let multiple = |x: isize| x % width as isize == 0;
    a.strides[lane] == 1
        && multiple(a.offset)
        && !is_bounded(a, lane, dims[lane])
        && (0..dims.len()).all(|d| d == lane || dims[d] == 1 || multiple(a.strides[d]))
}

impl Emit<'_> {
    fn storage(&self, buffer: u32) -> Storage {
        let name = format!("b{buffer}");
        Storage::Param(self.params.iter().position(|p| p.2.name == name).unwrap_or(0) as u32)
    }

    /// `offset + sum(strides[d] * index[d])`; sums of what is added first, so that they stay above zero.
    pub fn place(&self, offset: isize, strides: &[isize]) -> Expr {
        let (mut sum, mut less) = (size(offset.max(0) as usize), size((-offset).max(0) as usize));
        for (d, s) in strides.iter().enumerate().filter(|(_, s)| **s != 0) {
            let term = mul(self.coord(d), size(s.unsigned_abs()));
            if *s > 0 {
                sum = add(sum, term);
            } else {
                less = add(less, term);
            }
        }
        sub(sum, less)
    }

    /// What must hold for an access to be inside its bounds.
    fn inside(&self, a: &Access) -> Vec<Expr> {
        let mut conditions = Vec::new();
        for (d, (low, high)) in a.bounds.iter().enumerate() {
            if *low > 0 {
                conditions.push(compare(Intrinsic::Ge, self.coord(d), size(*low as usize)));
            }
            if *high < self.dims[d] as isize {
                conditions.push(match *high > 0 {
                    true => less(self.coord(d), size(*high as usize)),
                    false => Expr::bool(false),
                });
            }
        }
        conditions
    }

    /// Whether the lanes of an access are consecutive elements at a multiple of their number.
    fn is_vector(&self, a: &Access) -> bool {
        let Some(lane) = self.lane else { return false };
        is_aligned(a, &self.dims, lane, self.width)
    }

    fn load_of(&self, step: usize) -> Option<(u32, isize)> {
        match self.space.program.steps[step].op {
            StepOp::Load(i) => Some((i, 0)),
            StepOp::Index { input, stride, .. } => Some((input, stride)),
            _ => None,
        }
    }

    /// Whether a step is loaded for all lanes at once.
    pub(super) fn is_vector_step(&self, step: usize) -> bool {
        let StepOp::Index { index, .. } = &self.space.program.steps[step].op else {
            return self
                .load_of(step)
                .is_some_and(|(i, _)| self.is_vector(&self.space.program.inputs[i as usize].access));
        };
        let moved = self.load_of(step).is_some_and(|(i, stride)| {
            stride % self.width as isize == 0 && self.is_vector(&self.space.program.inputs[i as usize].access)
        });
        moved && !self.varies[index.0 as usize]
    }

    /// The element of an input here, `moved` elements on; zero where it is not inside or `cond` does not hold.
    pub(super) fn load(&mut self, name: &str, input: u32, moved: Expr, cond: Option<Expr>) -> Expr {
        let input = self.space.program.inputs[input as usize].clone();
        let ty = ScalarType::from(input.dtype);
        let from = at(self.storage(input.buffer), add(self.place(input.access.offset, &input.access.strides), moved));
        let inside = self.inside(&input.access);
        let cond = all(self.valid.clone().into_iter().chain(cond).chain(inside));
        let Some(cond) = cond else { return self.w.load(name, ty, from) };
        let var = self.w.variable(name, zero(input.dtype));
        self.w.open();
        let x = self.w.load("t", ty, from);
        self.w.assign(var, x);
        self.w.close_if(Some(cond));
        Expr::var(ty, var)
    }

    pub(super) fn load_vector(&mut self, step: usize) {
        let Some((i, stride)) = self.load_of(step) else { return };
        let input = self.space.program.inputs[i as usize].clone();
        let ty = ScalarType::from(input.dtype);
        let mut place = self.place(input.access.offset, &input.access.strides);
        let mut conditions: Vec<Expr> = self.valid.clone().into_iter().collect();
        let s = self.space.program.steps[step].clone();
        if let StepOp::Index { index, len, check, .. } = s.op {
            let index = self.value(index);
            let inside = self.in_range(&index, len);
            self.fail_unless(inside.clone(), check, index.clone(), s.level);
            let moved = mul(cast(ScalarType::Usize, index), size(stride.unsigned_abs()));
            place = if stride < 0 { sub(place, moved) } else { add(place, moved) };
            conditions.push(inside);
        }
        conditions.extend(self.inside(&input.access));
        let from = at(self.storage(input.buffer), place);
        let name = format!("x{step}");
        let array = match all(conditions) {
            None => {
                let array = self.w.local(&name, ty, self.width);
                self.w.push(StmtNode::LoadVector { array, from });
                array
            }
            cond => {
                let array = self.w.declare(&name, ty, self.width, Some(zero(input.dtype)));
                self.w.open();
                let loaded = self.w.local("t", ty, self.width);
                self.w.push(StmtNode::LoadVector { array: loaded, from });
                self.w.push(StmtNode::CopyArray { to: array, from: loaded });
                self.w.close_if(cond);
                array
            }
        };
        self.held[step] = Some(Held::Many { array, slotted: false });
    }

    /// Where output `o` is stored here.
    fn place_of_output(&mut self, o: usize) -> Place {
        let output = self.space.program.outputs[o].clone();
        at(self.storage(output.buffer), self.place(output.access.offset, &output.access.strides))
    }

    /// Whether an output's lanes are stored at once.
    fn stores_vector(&self, o: usize) -> bool {
        let output = &self.space.program.outputs[o];
        let repeats = self.lane.is_some_and(|lane| output.access.strides[lane] == 0);
        !repeats && self.is_vector(&output.access)
    }

    /// Arrays for the outputs that are stored by vectors, before the loop over lanes.
    pub fn stage(&mut self, outputs: &[usize]) -> Vec<Option<u32>> {
        let mut staged = Vec::new();
        for &o in outputs {
            let dtype = self.dtype(self.space.program.outputs[o].value);
            let array = self.stores_vector(o).then(|| self.w.declare(&format!("y{o}"), dtype.into(), self.width, None));
            staged.push(array);
        }
        staged
    }

    /// Stores or stages the outputs at this lane.
    pub fn store_lane(&mut self, outputs: &[usize], staged: &[Option<u32>]) {
        for (&o, staged) in outputs.iter().zip(staged) {
            let output = self.space.program.outputs[o].clone();
            let value = self.value(output.value);
            if let (Some(array), Some(j)) = (staged, self.in_lane.clone()) {
                self.w.store(at(Storage::Local(*array), j), value);
                continue;
            }
            let to = self.place_of_output(o);
            // What does not move with the lane is stored once.
            let once = self.lane.filter(|lane| output.access.strides[*lane] == 0);
            let once = once.and_then(|_| self.in_lane.clone()).map(|j| compare(Intrinsic::Eq, j, size(0)));
            let level = self.level(output.value.0 as usize);
            let cond = all(self.valid.clone().into_iter().chain(self.first(level)).chain(once));
            self.w.open();
            self.w.store(to, value);
            self.w.close_if(cond);
        }
    }

    /// Stores the outputs that were staged.
    pub fn store_vectors(&mut self, outputs: &[usize], staged: &[Option<u32>]) {
        for (&o, array) in outputs.iter().zip(staged) {
            let Some(array) = *array else { continue };
            let to = self.place_of_output(o);
            let level = self.level(self.space.program.outputs[o].value.0 as usize);
            let cond = all(self.valid.clone().into_iter().chain(self.first(level)));
            self.w.open();
            self.w.push(StmtNode::StoreVector { to, array });
            self.w.close_if(cond);
        }
    }
}
