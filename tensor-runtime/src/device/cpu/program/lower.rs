//! From the steps of a program to lists of block instructions.

use super::ahead::Stream;
use super::code::*;
use super::geometry::{Geometry, Layout};
use super::past::{self, OPERATIONS, PAST};
use super::slots;
use super::space::{Dim, Space, View};
use super::values::{Kind, Values, is_narrow, lanes_of};
use super::walk::Walk;
use crate::device::cpu::reduce;
use crate::error::{Error, Result};
use formwork_ir::block::{self, BlockFn, Isa};
use formwork_ir::{DType, Pieces, Program, ReduceOp, StepOp, Value};
use std::collections::HashMap;

/// Elements from which on an access is worth asking for ahead of time: fewer stay in the caches.
const STREAM: usize = 64 * 1024;

/// The list that an instruction goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Scalars,
    /// Before pass `p`, or behind the last.
    Outer(usize),
    Body(usize),
}

pub(super) struct Lower<'a> {
    program: &'a Program,
    space: &'a Space,
    pub(super) geometry: Geometry,
    pub(super) isa: Isa,
    /// Whether every store that can goes past the caches.
    past: bool,
    pub(super) values: Values<'a>,
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
    /// Accesses that are followed.
    streams: u8,
}

pub(super) fn missing(what: std::fmt::Arguments<'_>) -> Error {
    Error::Setting {
        name: "program",
        found: what.to_string(),
        expected: "an operation of the table with its dtypes".into(),
    }
}

impl<'a> Lower<'a> {
    pub fn run(program: &'a Program, space: &'a Space, geometry: Geometry, isa: Isa, past: bool) -> Result<Listing> {
        let steps = program.steps.len();
        let values = Values::new(program, space, geometry);
        let mut lower = Lower {
            program,
            space,
            geometry,
            isa,
            past,
            values,
            code: Listing::default(),
            once: vec![None; steps],
            full: HashMap::new(),
            kept: HashMap::new(),
            expanded: HashMap::new(),
            splats: HashMap::new(),
            sizes: Vec::new(),
            streams: 0,
        };
        let (needs, outer) = lower.values.needs();
        lower.code.outer = vec![Vec::new(); lower.values.passes + 1];
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

    pub(super) fn span(target: Target) -> Span {
        match target {
            Target::Scalars => Span::One,
            Target::Outer(_) => Span::Lanes,
            Target::Body(_) => Span::Block,
        }
    }

    pub(super) fn emit(&mut self, target: Target, code: Code, out: SlotId) {
        let span = Lower::span(target);
        self.list(target).push(Instr { code, span, out, padded: false });
    }

    pub(super) fn out(&mut self, target: Target, size: usize) -> SlotId {
        self.slot(Lower::span(target), size, matches!(target, Target::Outer(_)))
    }

    /// The slot with the elements of `v` that instructions of a target's span want.
    pub(super) fn operand(&mut self, v: Value, target: Target) -> Result<SlotId> {
        let (kind, size) = (self.values.kinds[v.0 as usize], self.values.size(v));
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

    pub(super) fn scalar(&mut self, v: Value) -> Result<SlotId> {
        let i = v.0 as usize;
        if let Some(slot) = self.once[i] {
            return Ok(slot);
        }
        let slot = self.lower_step(i, Target::Scalars)?;
        self.once[i] = Some(slot);
        Ok(slot)
    }

    pub(super) fn outer(&mut self, v: Value) -> Result<SlotId> {
        self.once[v.0 as usize].ok_or_else(|| missing(format_args!("a use of value {} before its step", v.0)))
    }

    fn lower_outer(&mut self, wanted: &[bool], stage: usize) -> Result<()> {
        for (i, is_wanted) in wanted.iter().enumerate() {
            if !is_wanted || self.values.kinds[i] != Kind::Lanes || self.values.stages[i] != stage {
                continue;
            }
            let slot = match self.once[i] {
                // The pass before left it there.
                Some(sum) if self.values.is_reduce(i) => {
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
        for (i, is_needed) in needed.iter().enumerate() {
            let v = Value(i as u32);
            if *is_needed && !self.kept.contains_key(&v) {
                let slot = self.lower_step(i, target)?;
                self.full.insert(v, slot);
                if self.values.keeps(i) {
                    self.kept.insert(v, slot);
                }
            }
        }
        for (i, is_wanted) in outer.iter().enumerate() {
            if let StepOp::Reduce(op, v) = self.program.steps[i].op
                && self.values.stages[i] == pass + 1
                && *is_wanted
            {
                self.lower_reduction(i, op, v, pass)?;
            }
        }
        self.code.passes[pass].reductions = first..self.code.reductions.len();
        for o in 0..self.program.outputs.len() {
            if self.space.output_is_full[o] && self.values.store_pass(o) == pass {
                self.lower_store(o, target)?;
            }
        }
        Ok(())
    }

    fn lower_reduction(&mut self, step: usize, op: ReduceOp, v: Value, pass: usize) -> Result<()> {
        let src = self.operand(v, Target::Body(pass))?;
        let out = self.slot(Span::Lanes, self.program.steps[step].dtype.compute().size(), true);
        let reducer = reduce::reducer(op, self.values.dtype(v).compute(), self.isa);
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
                self.lower_store(o, Target::Outer(self.values.passes))?;
            }
        }
        Ok(())
    }

    fn lower_store(&mut self, output: usize, target: Target) -> Result<()> {
        let (buffer, value) = (self.program.outputs[output].buffer, self.program.outputs[output].value);
        let dtype = self.values.dtype(value);
        let convert = if is_narrow(dtype) { Some(self.convert(DType::F32, dtype)) } else { None };
        let place = self.place(&self.space.outputs[output], target)?;
        let twins = self.values.twins(output);
        let past = past::copy(self.isa).filter(|_| convert.is_none() && self.is_past(&place, dtype.size()));
        self.code.is_past |= past.is_some();
        let store = Store {
            src: self.operand(value, target)?,
            buffer,
            size: dtype.size(),
            stream: self.stream(&place),
            place,
            convert,
            past: past.map(|copy| Past { copy, twins: twins.clone() }),
            twins,
        };
        self.emit(target, Code::Store(Box::new(store)), NONE);
        Ok(())
    }

    /// Whether a store goes past the caches.
    fn is_past(&self, place: &Place, size: usize) -> bool {
        let is_straight = matches!(place, Place::Flat(walk) if walk.is_straight());
        let is_large = self.space.outer_len * self.space.row_len * size >= PAST;
        is_straight && (self.past || is_large && self.values.operations() <= OPERATIONS)
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

    fn load(&mut self, input: u32, target: Target) -> Result<Load> {
        let spec = &self.program.inputs[input as usize];
        let convert = if is_narrow(spec.dtype) { Some(self.convert(spec.dtype, DType::F32)) } else { None };
        // Frames are shared between tasks where rows are cut: what lies there is no pointer.
        // And whole chunks of lanes are read where there are fewer, so that has to be room of our own.
        let is_tiny = self.space.outer_len * self.space.row_len < slots::PADDING;
        let is_short = is_tiny || self.values.passes > 0 && self.geometry.lanes < slots::PADDING;
        let in_place = match target {
            Target::Outer(_) => self.geometry.segment.is_none() && !is_short,
            _ => !is_tiny,
        };
        let place = self.place(&self.space.inputs[input as usize], target)?;
        let stream = self.stream(&place);
        Ok(Load { buffer: spec.buffer, size: spec.dtype.size(), place, convert, in_place, stream })
    }

    fn stream(&mut self, place: &Place) -> Option<Stream> {
        let is_large = self.space.outer_len * self.space.row_len >= STREAM;
        let is_straight = matches!(place, Place::Flat(walk) if walk.is_straight());
        if is_large && is_straight { Stream::next(&mut self.streams) } else { None }
    }

    fn lower_step(&mut self, i: usize, target: Target) -> Result<SlotId> {
        let step = &self.program.steps[i];
        let (dtype, size) = (step.dtype, step.dtype.compute().size());
        let full = step.level == formwork_ir::Level::Full || self.space.is_flat;
        if let Some(pieces) = self.values.pieces[i].clone() {
            return self.lower_pieces(pieces, size, target);
        }
        match &step.op {
            StepOp::Const(c) => Ok(self.number(Number::Const(lane_bits(c.dtype, c.bits)), size)),
            StepOp::Arg(n) => Ok(self.number(Number::Arg(*n, dtype), size)),
            StepOp::Load(input) => {
                let mut load = self.load(*input, target)?;
                load.in_place &= !self.values.is_endangered(i);
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
                let is_lane =
                    self.values.kinds[index.0 as usize] == Kind::Lanes && self.geometry.layout == Layout::Rows;
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
                let (from, to) = (lanes_of(self.values.dtype(*v)), lanes_of(dtype));
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

    fn lower_pieces(&mut self, pieces: Pieces, size: usize, target: Target) -> Result<SlotId> {
        let loads = pieces.inputs.iter().map(|input| self.load(*input, target)).collect::<Result<_>>()?;
        let fill = (!pieces.is_whole).then(|| pieces.fill.map_or(0, |c| lane_bits(c.dtype, c.bits)));
        let out = self.out(target, size);
        self.emit(target, Code::Pieces { loads, fill }, out);
        Ok(out)
    }

    fn number(&mut self, number: Number, size: usize) -> SlotId {
        let out = self.slot(Span::One, size, false);
        self.code.numbers.push((number, out));
        out
    }

    /// Rounds a value of a 16-bit float type, which is held in f32.
    pub(super) fn rounded(&mut self, src: SlotId, dtype: DType, target: Target) -> Result<SlotId> {
        if !is_narrow(dtype) {
            return Ok(src);
        }
        let f = block::round_to(dtype, self.isa).ok_or_else(|| missing(format_args!("no rounding to {dtype}")))?;
        let out = self.out(target, 4);
        self.emit(target, Code::Apply { f, args: [src, NONE, NONE], arity: 1 }, out);
        Ok(out)
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
        DType::F16 => half::f16::from_f32(x as f32).to_f32().to_bits() as u64,
        DType::BF16 => half::bf16::from_f32(x as f32).to_f32().to_bits() as u64,
        DType::I64 => x as i64 as u64,
        DType::I32 => x as i32 as u32 as u64,
        DType::U8 => x as u8 as u64,
        DType::Bool => (x != 0.0) as u64,
    }
}
