//! From the steps of a program to lists of block instructions.

use super::code::*;
use super::geometry::{Geometry, Layout};
use super::slots;
use super::space::{Dim, Space, View};
use super::walk::Walk;
use crate::device::cpu::reduce;
use crate::error::{Error, Result};
use formwork_ir::block::{self, BlockFn, Isa};
use formwork_ir::{DType, Intrinsic, Program, ReduceOp, StepOp, Value};
use std::collections::HashMap;

/// At which points a value is computed. What does not change over the space is computed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    One,
    Lanes,
    Block,
}

/// The list that an instruction goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Scalars,
    /// Before pass `p`, or behind the last.
    Outer(usize),
    Body(usize),
}

/// Shorter runs than this are not worth a call of their own.
const RUN: usize = 32;

pub(super) struct Lower<'a> {
    program: &'a Program,
    space: &'a Space,
    geometry: Geometry,
    isa: Isa,
    kinds: Vec<Kind>,
    /// For each value the pass, or the list of outer instructions, from which on it is known.
    stages: Vec<usize>,
    passes: usize,
    code: Listing,
    /// Slots of scalars and of outer values.
    once: Vec<Option<SlotId>>,
    /// Slots of the pass being lowered.
    full: HashMap<Value, SlotId>,
    /// Slots of values that were kept by an earlier pass.
    kept: HashMap<Value, SlotId>,
    expanded: HashMap<Value, SlotId>,
    splats: HashMap<Value, SlotId>,
    sizes: Vec<slots::Size>,
}

/// Whether some value has to be computed at every point.
pub(super) fn has_rows(program: &Program, space: &Space) -> bool {
    space.output_is_full.contains(&true)
        || program.steps.iter().any(|s| matches!(s.op, StepOp::Reduce(..)))
        || kinds(program, space).contains(&Kind::Block)
}

fn kinds(program: &Program, space: &Space) -> Vec<Kind> {
    let varies = |dims: &[Dim]| dims.iter().any(|d| d.stride != 0 || d.lo > 0 || d.hi < d.n as isize);
    let of_view = |view: &View| match (varies(&view.row), varies(&view.outer)) {
        (true, _) => Kind::Block,
        (false, true) => Kind::Lanes,
        (false, false) => Kind::One,
    };
    let mut kinds: Vec<Kind> = Vec::with_capacity(program.steps.len());
    for (i, step) in program.steps.iter().enumerate() {
        let kind = |v: &Value| kinds[v.0 as usize];
        kinds.push(match &step.op {
            StepOp::Const(_) | StepOp::Arg(_) => Kind::One,
            StepOp::Load(input) => of_view(&space.inputs[*input as usize]),
            StepOp::Iota(_) => space.iotas[i].as_ref().map_or(Kind::One, of_view).max(Kind::Lanes),
            StepOp::Index { input, index, .. } => {
                kind(index).max(of_view(&space.inputs[*input as usize])).max(Kind::Lanes)
            }
            StepOp::Apply(_, args) => args.iter().map(kind).max().unwrap_or(Kind::One),
            StepOp::Cast(v) => kind(v),
            StepOp::Check(v, _) => kind(v).max(Kind::Lanes),
            StepOp::Reduce(..) => Kind::Lanes,
        });
    }
    kinds
}

/// The dtype whose lanes a value is held in.
fn lanes_of(dtype: DType) -> DType {
    if matches!(dtype, DType::F16 | DType::BF16) { DType::F32 } else { dtype }
}

fn is_narrow(dtype: DType) -> bool {
    lanes_of(dtype) != dtype
}

fn missing(what: std::fmt::Arguments<'_>) -> Error {
    Error::Setting {
        name: "program",
        found: what.to_string(),
        expected: "an operation of the table with its dtypes".into(),
    }
}

impl<'a> Lower<'a> {
    pub fn run(program: &'a Program, space: &'a Space, geometry: Geometry, isa: Isa) -> Result<Listing> {
        let steps = program.steps.len();
        let mut lower = Lower {
            program,
            space,
            geometry,
            isa,
            kinds: kinds(program, space),
            stages: vec![0; steps],
            passes: 0,
            code: Listing::default(),
            once: vec![None; steps],
            full: HashMap::new(),
            kept: HashMap::new(),
            expanded: HashMap::new(),
            splats: HashMap::new(),
            sizes: Vec::new(),
        };
        lower.find_stages();
        let (needs, outer) = lower.find_needs();
        lower.code.outer = vec![Vec::new(); lower.passes + 1];
        lower.lower_outer(&outer, 0)?;
        for (pass, needed) in needs.iter().enumerate() {
            lower.lower_pass(pass, needed, &outer)?;
            lower.lower_outer(&outer, pass + 1)?;
        }
        lower.lower_outer_stores()?;
        let Lower { mut code, sizes, .. } = lower;
        slots::place(&mut code, &sizes, &geometry, [space.outer_len, space.row_len]);
        Ok(code)
    }

    fn args(&self, step: usize) -> Vec<Value> {
        match &self.program.steps[step].op {
            StepOp::Load(_) | StepOp::Iota(_) | StepOp::Const(_) | StepOp::Arg(_) => Vec::new(),
            StepOp::Apply(_, args) => args.clone(),
            StepOp::Index { index: v, .. } | StepOp::Cast(v) | StepOp::Reduce(_, v) | StepOp::Check(v, _) => vec![*v],
        }
    }

    fn is_reduce(&self, step: usize) -> bool {
        matches!(self.program.steps[step].op, StepOp::Reduce(..))
    }

    fn find_stages(&mut self) {
        for i in 0..self.stages.len() {
            let stage = self.args(i).iter().map(|v| self.stages[v.0 as usize]).max().unwrap_or(0);
            self.stages[i] = stage + self.is_reduce(i) as usize;
            let pass = if self.kinds[i] == Kind::Block { stage + 1 } else { self.stages[i] };
            self.passes = self.passes.max(pass);
        }
        // A pass of its own for an outer value that is written along the row.
        for (output, full) in self.program.outputs.iter().zip(&self.space.output_is_full) {
            if *full {
                self.passes = self.passes.max(self.stages[output.value.0 as usize] + 1);
            }
        }
    }

    /// The pass in which an output is written. Where a buffer may be read with the same access, all
    /// reads come first.
    fn store_pass(&self, output: usize) -> usize {
        let stage = self.stages[self.program.outputs[output].value.0 as usize];
        let last = self.passes.saturating_sub(1);
        if self.twins(output).is_empty() { stage.min(last) } else { last }
    }

    fn twins(&self, output: usize) -> Box<[u32]> {
        let view = &self.space.outputs[output];
        let size = self.dtype(self.program.outputs[output].value).size();
        let inputs = self.program.inputs.iter().zip(&self.space.inputs);
        inputs.filter(|(i, v)| *v == view && i.dtype.size() == size).map(|(i, _)| i.buffer).collect()
    }

    /// Whether a loaded value is stored as it is, perhaps after its buffer was written by another store.
    fn is_endangered(&self, load: usize) -> bool {
        let root = |v: Value| {
            let mut i = v.0 as usize;
            while let StepOp::Check(u, _) | StepOp::Cast(u) = self.program.steps[i].op {
                i = u.0 as usize;
            }
            i
        };
        self.program.outputs.len() > 1 && self.program.outputs.iter().any(|o| root(o.value) == load)
    }

    fn dtype(&self, v: Value) -> DType {
        self.program.steps[v.0 as usize].dtype
    }

    fn size(&self, v: Value) -> usize {
        self.dtype(v).compute().size()
    }

    fn keeps(&self, v: usize) -> bool {
        if self.geometry.whole || !self.geometry.keeps_rows(self.space.row_len) {
            return self.geometry.whole;
        }
        match self.program.steps[v].op {
            // Reading again costs no more than reading what was kept.
            StepOp::Load(_) => false,
            StepOp::Check(u, _) => self.keeps(u.0 as usize),
            StepOp::Cast(u) if lanes_of(self.dtype(u)) == lanes_of(self.program.steps[v].dtype) => {
                self.keeps(u.0 as usize)
            }
            _ => true,
        }
    }

    /// For each pass the full values that it computes, and all outer values that are wanted.
    fn find_needs(&self) -> (Vec<Vec<bool>>, Vec<bool>) {
        let steps = self.program.steps.len();
        let mut passes = vec![vec![false; steps]; self.passes];
        let mut outer = vec![false; steps];
        for (i, output) in self.program.outputs.iter().enumerate() {
            let v = output.value.0 as usize;
            if self.kinds[v] == Kind::Block {
                passes[self.store_pass(i)][v] = true;
            } else {
                outer[v] = true;
            }
        }
        for i in 0..steps {
            if matches!(self.program.steps[i].op, StepOp::Check(..) | StepOp::Index { .. }) {
                if self.kinds[i] == Kind::Block { passes[self.stages[i]][i] = true } else { outer[i] = true }
            }
        }
        // Steps come after what they use.
        for i in (0..steps).rev() {
            if outer[i] && self.kinds[i] != Kind::Block {
                let pass = self.stages[i] - self.is_reduce(i) as usize;
                self.args(i).into_iter().for_each(|v| self.need(v, pass, &mut passes, &mut outer));
            }
            for pass in 0..self.passes {
                if passes[pass][i] {
                    self.args(i).into_iter().for_each(|v| self.need(v, pass, &mut passes, &mut outer));
                }
            }
        }
        (passes, outer)
    }

    /// Marks `v` as wanted by pass `pass`: there, or in an earlier one that keeps it.
    fn need(&self, v: Value, pass: usize, passes: &mut [Vec<bool>], outer: &mut [bool]) {
        let u = v.0 as usize;
        if self.kinds[u] != Kind::Block {
            outer[u] = true;
        } else {
            let known = self.stages[u] < pass && self.keeps(u);
            passes[if known { self.stages[u] } else { pass }][u] = true;
        }
    }

    fn slot(&mut self, span: Span, size: usize, is_frame: bool) -> SlotId {
        self.sizes.push(slots::Size { span, size, is_frame });
        (self.sizes.len() - 1) as SlotId
    }

    fn list(&mut self, target: Target) -> &mut Vec<Instr> {
        match target {
            Target::Scalars => &mut self.code.scalars,
            Target::Outer(stage) => &mut self.code.outer[stage],
            Target::Body(pass) => {
                while self.code.passes.len() <= pass {
                    self.code.passes.push(Pass::default());
                }
                &mut self.code.passes[pass].body
            }
        }
    }

    fn span(target: Target) -> Span {
        match target {
            Target::Scalars => Span::One,
            Target::Outer(_) => Span::Lanes,
            Target::Body(_) => Span::Block,
        }
    }

    fn emit(&mut self, target: Target, code: Code, out: SlotId) {
        let span = Lower::span(target);
        self.list(target).push(Instr { code, span, out, padded: false });
    }

    fn out(&mut self, target: Target, size: usize) -> SlotId {
        self.slot(Lower::span(target), size, matches!(target, Target::Outer(_)))
    }

    /// The slot with the elements of `v` that instructions of a target's span want.
    fn operand(&mut self, v: Value, target: Target) -> Result<SlotId> {
        let (kind, size) = (self.kinds[v.0 as usize], self.size(v));
        Ok(match (kind, target) {
            (Kind::One, Target::Scalars) => self.scalar(v)?,
            (Kind::One, _) => {
                if let Some(slot) = self.splats.get(&v) {
                    return Ok(*slot);
                }
                let (src, out) = (self.scalar(v)?, self.slot(Span::Block, size, false));
                self.code.splats.push(Splat { src, out, size });
                self.splats.insert(v, out);
                out
            }
            (Kind::Lanes, Target::Body(pass)) => {
                if let Some(slot) = self.expanded.get(&v) {
                    return Ok(*slot);
                }
                let (src, out) = (self.outer(v)?, self.slot(Span::Block, size, false));
                self.list(target);
                let instr = Instr { code: Code::Expand { src, size }, span: Span::Block, out, padded: false };
                self.code.passes[pass].prologue.push(instr);
                self.expanded.insert(v, out);
                out
            }
            (Kind::Lanes, _) => self.outer(v)?,
            (Kind::Block, _) => match self.full.get(&v).or_else(|| self.kept.get(&v)) {
                Some(slot) => *slot,
                None => return Err(missing(format_args!("a use of value {} before its step", v.0))),
            },
        })
    }

    fn scalar(&mut self, v: Value) -> Result<SlotId> {
        let i = v.0 as usize;
        if let Some(slot) = self.once[i] {
            return Ok(slot);
        }
        let slot = self.lower_step(i, Target::Scalars)?;
        self.once[i] = Some(slot);
        Ok(slot)
    }

    fn outer(&mut self, v: Value) -> Result<SlotId> {
        self.once[v.0 as usize].ok_or_else(|| missing(format_args!("a use of value {} before its step", v.0)))
    }

    fn lower_outer(&mut self, wanted: &[bool], stage: usize) -> Result<()> {
        for i in 0..wanted.len() {
            if !wanted[i] || self.kinds[i] != Kind::Lanes || self.stages[i] != stage {
                continue;
            }
            let slot = match self.once[i] {
                // The pass before left it there.
                Some(sum) if self.is_reduce(i) => {
                    self.rounded(sum, self.program.steps[i].dtype, Target::Outer(stage))?
                }
                _ => self.lower_step(i, Target::Outer(stage))?,
            };
            self.once[i] = Some(slot);
        }
        Ok(())
    }

    fn lower_pass(&mut self, pass: usize, needed: &[bool], outer: &[bool]) -> Result<()> {
        self.full.clear();
        self.expanded.clear();
        let target = Target::Body(pass);
        self.list(target);
        let first = self.code.reductions.len();
        for i in 0..needed.len() {
            let v = Value(i as u32);
            if needed[i] && !self.kept.contains_key(&v) {
                let slot = self.lower_step(i, target)?;
                self.full.insert(v, slot);
                if self.keeps(i) {
                    self.kept.insert(v, slot);
                }
            }
        }
        for i in 0..needed.len() {
            if let StepOp::Reduce(op, v) = self.program.steps[i].op
                && self.stages[i] == pass + 1
                && outer[i]
            {
                self.lower_reduction(i, op, v, pass)?;
            }
        }
        self.code.passes[pass].reductions = first..self.code.reductions.len();
        for o in 0..self.program.outputs.len() {
            if self.space.output_is_full[o] && self.store_pass(o) == pass {
                self.lower_store(o, target)?;
            }
        }
        Ok(())
    }

    fn lower_reduction(&mut self, step: usize, op: ReduceOp, v: Value, pass: usize) -> Result<()> {
        let src = self.operand(v, Target::Body(pass))?;
        let out = self.slot(Span::Lanes, self.program.steps[step].dtype.compute().size(), true);
        let reducer = reduce::reducer(op, self.dtype(v).compute(), self.isa);
        let reduction = self.code.reductions.len() as u32;
        self.code.reductions.push(Reduction { reducer, out, state: 0 });
        let is_whole = self.geometry.whole && self.geometry.layout == Layout::Rows;
        let code = if is_whole { Code::Reduce { src, reduction } } else { Code::Feed { src, reduction } };
        self.emit(Target::Body(pass), code, if is_whole { out } else { NONE });
        self.once[step] = Some(out);
        Ok(())
    }

    fn lower_outer_stores(&mut self) -> Result<()> {
        for o in 0..self.program.outputs.len() {
            if !self.space.output_is_full[o] {
                self.lower_store(o, Target::Outer(self.passes))?;
            }
        }
        Ok(())
    }

    fn lower_store(&mut self, output: usize, target: Target) -> Result<()> {
        let (buffer, value) = (self.program.outputs[output].buffer, self.program.outputs[output].value);
        let dtype = self.dtype(value);
        let convert = if is_narrow(dtype) { Some(self.convert(DType::F32, dtype)) } else { None };
        let store = Store {
            src: self.operand(value, target)?,
            buffer,
            size: dtype.size(),
            place: self.place(&self.space.outputs[output], target)?,
            convert,
            twins: self.twins(output),
        };
        self.emit(target, Code::Store(Box::new(store)), NONE);
        Ok(())
    }

    fn place(&self, view: &View, target: Target) -> Result<Place> {
        let flat = |dims: &[Dim]| Ok(Place::Flat(Walk::new(view.offset, dims)?));
        match target {
            Target::Scalars => flat(&[]),
            Target::Outer(_) => flat(&view.outer),
            Target::Body(_) if self.geometry.layout == Layout::Rows => {
                flat(&view.outer.iter().chain(&view.row).copied().collect::<Vec<_>>())
            }
            Target::Body(_) => Ok(Place::Area([Walk::new(view.offset, &view.outer)?, Walk::new(0, &view.row)?])),
        }
    }

    fn convert(&self, from: DType, to: DType) -> BlockFn {
        block::convert(from, to, self.isa)
    }

    fn load(&self, input: u32, target: Target) -> Result<Load> {
        let spec = &self.program.inputs[input as usize];
        let convert = if is_narrow(spec.dtype) { Some(self.convert(spec.dtype, DType::F32)) } else { None };
        // Frames are shared between tasks where rows are cut: what lies there is no pointer.
        // And whole chunks of lanes are read where there are fewer, so that has to be room of our own.
        let is_tiny = self.space.outer_len * self.space.row_len < slots::PADDING;
        let is_short = is_tiny || self.passes > 0 && self.geometry.lanes < slots::PADDING;
        let in_place = match target {
            Target::Outer(_) => self.geometry.segment.is_none() && !is_short,
            _ => !is_tiny,
        };
        let place = self.place(&self.space.inputs[input as usize], target)?;
        Ok(Load { buffer: spec.buffer, size: spec.dtype.size(), place, convert, in_place })
    }

    fn lower_step(&mut self, i: usize, target: Target) -> Result<SlotId> {
        let step = &self.program.steps[i];
        let (dtype, size) = (step.dtype, step.dtype.compute().size());
        let full = step.level == formwork_ir::Level::Full || self.space.is_flat;
        match &step.op {
            StepOp::Const(c) => Ok(self.number(Number::Const(lane_bits(c.dtype, c.bits)), size)),
            StepOp::Arg(n) => Ok(self.number(Number::Arg(*n, dtype), size)),
            StepOp::Load(input) => {
                let mut load = self.load(*input, target)?;
                load.in_place &= !self.is_endangered(i);
                let out = self.out(target, size);
                self.emit(target, Code::Load(Box::new(load)), out);
                Ok(out)
            }
            StepOp::Iota(_) => {
                let Some(view) = &self.space.iotas[i] else { return Err(missing(format_args!("no iota"))) };
                let (place, out) = (self.place(view, target)?, self.out(target, size));
                self.emit(target, Code::Iota(Box::new(place)), out);
                Ok(out)
            }
            StepOp::Index { input, index, stride, len, check } => {
                let mut load = self.load(*input, target)?;
                load.in_place = false;
                let is_lane = self.kinds[index.0 as usize] == Kind::Lanes && self.geometry.layout == Layout::Rows;
                let (slot, index_span) = match target {
                    Target::Body(_) if is_lane => (self.outer(*index)?, Span::Lanes),
                    _ => (self.operand(*index, target)?, Lower::span(target)),
                };
                let check = Failing { id: check.id, full };
                let out = self.out(target, size);
                let index = Index { load, index: slot, index_span, stride: *stride, len: *len, check };
                self.emit(target, Code::Index(Box::new(index)), out);
                Ok(out)
            }
            StepOp::Apply(op, args) => self.lower_apply(*op, args, dtype, target),
            StepOp::Cast(v) => {
                let (from, to) = (lanes_of(self.dtype(*v)), lanes_of(dtype));
                let src = self.operand(*v, target)?;
                let out = if from == to {
                    src
                } else {
                    let (f, out) = (self.convert(from, to), self.out(target, size));
                    self.emit(target, Code::Apply { f, args: [src, NONE, NONE], arity: 1 }, out);
                    out
                };
                self.rounded(out, dtype, target)
            }
            StepOp::Check(v, check) => {
                let src = self.operand(*v, target)?;
                self.emit(target, Code::Check { src, check: Failing { id: check.id, full } }, NONE);
                Ok(src)
            }
            StepOp::Reduce(..) => Err(missing(format_args!("a reduction of a reduction's pass"))),
        }
    }

    fn number(&mut self, number: Number, size: usize) -> SlotId {
        let out = self.slot(Span::One, size, false);
        self.code.numbers.push((number, out));
        out
    }

    /// Rounds a value of a 16-bit float type, which is held in f32.
    fn rounded(&mut self, src: SlotId, dtype: DType, target: Target) -> Result<SlotId> {
        if !is_narrow(dtype) {
            return Ok(src);
        }
        let f = block::round_to(dtype, self.isa).ok_or_else(|| missing(format_args!("no rounding to {dtype}")))?;
        let out = self.out(target, 4);
        self.emit(target, Code::Apply { f, args: [src, NONE, NONE], arity: 1 }, out);
        Ok(out)
    }

    fn lower_apply(&mut self, op: Intrinsic, args: &[Value], dtype: DType, target: Target) -> Result<SlotId> {
        let dtypes: Vec<DType> = args.iter().map(|v| self.dtype(*v)).collect();
        let size = dtype.compute().size();
        let code = self.apply_code(op, args, &dtypes, size, target)?;
        let out = self.out(target, size);
        self.emit(target, code, out);
        self.rounded(out, dtype, target)
    }

    fn apply_code(
        &mut self,
        op: Intrinsic,
        args: &[Value],
        dtypes: &[DType],
        size: usize,
        target: Target,
    ) -> Result<Code> {
        let unknown = || missing(format_args!("{op} of {dtypes:?}"));
        if args.len() > 3 {
            return Err(unknown());
        }
        let arity = args.len() as u8;
        let kinds: Vec<Kind> = args.iter().map(|v| self.kinds[v.0 as usize]).collect();
        let wide = if matches!(target, Target::Body(_)) { Kind::Block } else { Kind::Lanes };
        let single_lane = self.geometry.layout == Layout::Rows && self.geometry.lanes == 1;
        // A block of one outer point has its outer values as scalars.
        let is_scalar = |k: Kind| k == Kind::One || wide == Kind::Block && single_lane && k == Kind::Lanes;
        if let [a, b] = *args
            && target != Target::Scalars
        {
            let pair = [kinds[0], kinds[1]];
            let (f, scalar) = match pair {
                [x, s] if x == wide && is_scalar(s) => (block::apply_scalar_rhs(op, dtypes[0], self.isa), 1),
                [s, x] if x == wide && is_scalar(s) => (block::apply_scalar_lhs(op, dtypes[0], self.isa), 0),
                _ => (None, 0),
            };
            if let Some(f) = f {
                let mut slots = [NONE; 3];
                for (k, v) in [a, b].into_iter().enumerate() {
                    let is_one = self.kinds[v.0 as usize] == Kind::One;
                    slots[k] = match (k == scalar, is_one) {
                        (false, _) => self.operand(v, target)?,
                        (true, true) => self.scalar(v)?,
                        (true, false) => self.outer(v)?,
                    };
                }
                return Ok(Code::Apply { f, args: slots, arity });
            }
        }
        if let Some(code) = self.rows_code(op, args, dtypes, size, target)? {
            return Ok(code);
        }
        let f = block::apply(op, dtypes, self.isa).ok_or_else(unknown)?;
        let mut slots = [NONE; 3];
        for (slot, v) in slots.iter_mut().zip(args) {
            *slot = self.operand(*v, target)?;
        }
        Ok(Code::Apply { f, args: slots, arity })
    }

    /// A call for each row of the block where an outer value meets a full one and rows are long.
    fn rows_code(
        &mut self,
        op: Intrinsic,
        args: &[Value],
        dtypes: &[DType],
        size: usize,
        target: Target,
    ) -> Result<Option<Code>> {
        let Target::Body(_) = target else { return Ok(None) };
        let kinds: Vec<Kind> = args.iter().map(|v| self.kinds[v.0 as usize]).collect();
        if !kinds.contains(&Kind::Lanes) || !kinds.contains(&Kind::Block) {
            return Ok(None);
        }
        let f = match self.geometry.layout {
            Layout::Lanes if self.geometry.lanes >= RUN => block::apply(op, dtypes, self.isa),
            Layout::Rows if self.geometry.chunk >= RUN => match kinds[..] {
                [Kind::Block, Kind::Lanes] => block::apply_scalar_rhs(op, dtypes[0], self.isa),
                [Kind::Lanes, Kind::Block] => block::apply_scalar_lhs(op, dtypes[0], self.isa),
                _ => None,
            },
            _ => None,
        };
        let Some(f) = f else { return Ok(None) };
        let (mut slots, mut pitch) = ([NONE; 3], [Pitch::Same; 3]);
        for (i, v) in args.iter().enumerate() {
            let size = self.size(*v);
            (slots[i], pitch[i]) = match (self.kinds[v.0 as usize], self.geometry.layout) {
                (Kind::Block, _) => (self.operand(*v, target)?, Pitch::Full(size)),
                (Kind::Lanes, Layout::Rows) => (self.outer(*v)?, Pitch::Lane(size)),
                (Kind::Lanes, Layout::Lanes) => (self.outer(*v)?, Pitch::Same),
                (Kind::One, _) => (self.operand(*v, target)?, Pitch::Same),
            };
        }
        Ok(Some(Code::Rows { f, args: slots, pitch, arity: args.len() as u8, out_size: size }))
    }
}

/// A constant as the bits of a lane.
fn lane_bits(dtype: DType, bits: u64) -> u64 {
    let float = f64::from_bits(bits);
    match dtype {
        DType::F64 => bits,
        _ if dtype.is_float() => number_bits(dtype, float),
        _ => bits,
    }
}

/// A number as the bits of a lane, rounded to its dtype.
pub(super) fn number_bits(dtype: DType, x: f64) -> u64 {
    match dtype {
        DType::F64 => x.to_bits(),
        DType::F32 => (x as f32).to_bits() as u64,
        DType::F16 => half::f16::from_f64(x).to_f32().to_bits() as u64,
        DType::BF16 => half::bf16::from_f64(x).to_f32().to_bits() as u64,
        DType::I64 => x as i64 as u64,
        DType::I32 => x as i32 as u32 as u64,
        DType::U8 => x as u8 as u64,
        DType::Bool => (x != 0.0) as u64,
    }
}
