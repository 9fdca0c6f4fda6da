//! The steps of a program as statements, at one place of the space or at several beside each other.

use super::ParamSource;
use super::memory::reach;
use super::space::{Space, is_bounded};
use super::write::{Writer, add, all, apply, array, at, cast, compare, div, less, mul, not, rem, size, sub};
use crate::kernel::Mode;
use crate::kernel::ir::{Array, Body, Expr, ExprNode, Kernel, Param, ScalarType, Size, StmtNode, Storage, Var};
use crate::{Access, Check, Const, DType, Intrinsic, Level, Scalar, StepOp, Value};

/// Where a step's value is.
#[derive(Clone)]
pub(super) enum Held {
    One(Expr),
    /// In an array of the thread: by slot if `slotted`, by lane if the step varies with the lane.
    Many {
        array: u32,
        slotted: bool,
    },
    /// In shared memory, lane by lane from an element on.
    Shared {
        array: Storage,
        first: Expr,
    },
}

/// Writes a kernel. Lanes are `width` points beside each other along dim `lane`, which a thread handles together.
pub(super) struct Emit<'a> {
    pub space: &'a Space,
    pub dims: Vec<usize>,
    pub w: Writer,
    pub(super) params: Vec<(ParamSource, Mode, Array)>,
    pub lane: Option<usize>,
    pub width: usize,
    /// By step: whether its value differs between lanes.
    pub varies: Vec<bool>,
    pub held: Vec<Option<Held>>,
    /// Of steps that several values are divided by: one over it, or a NaN where it may not stand for the division.
    pub reciprocals: Vec<Option<Expr>>,
    /// A variable that becomes false where a quotient by a reciprocal is not exact, rather than that it is divided again.
    pub safe: Option<Var>,
    /// The indices of lane 0.
    pub coords: Vec<Expr>,
    /// The lane, inside a loop over lanes.
    pub in_lane: Option<Expr>,
    /// The number of the slot that values of arrays are in.
    pub slot: Option<Expr>,
    /// What must hold for memory to be touched here.
    pub valid: Option<Expr>,
}

impl<'a> Emit<'a> {
    pub fn new(space: &'a Space, sources: &dyn Fn(u32) -> ParamSource, lane: Option<usize>, width: usize) -> Emit<'a> {
        let p = &space.program;
        let read = super::map::live(space).into_iter().filter_map(|step| match p.steps[step].op {
            StepOp::Load(input) | StepOp::Index { input, .. } => Some(p.inputs[input as usize].buffer),
            _ => None,
        });
        let mut buffers: Vec<u32> = read.chain(p.outputs.iter().map(|o| o.buffer)).collect();
        buffers.sort_unstable();
        buffers.dedup();
        let dims = space.dims();
        let mut params = Vec::new();
        for buffer in buffers {
            let (dtype, len, mode) = reach(space, &dims, buffer);
            params.push((sources(buffer), mode, array(format!("b{buffer}"), dtype.into(), len)));
        }
        let args = p.steps.iter().filter_map(|s| if let StepOp::Arg(i) = s.op { Some(i + 1) } else { None }).max();
        if let Some(n) = args {
            params.push((ParamSource::Args, Mode::In, array("args".into(), ScalarType::F64, n as usize)));
        }
        let lane = lane.filter(|_| width > 1);
        let mut emit = Emit {
            space,
            dims,
            w: Writer::new(),
            params,
            lane,
            width: if lane.is_some() { width } else { 1 },
            varies: Vec::new(),
            held: vec![None; p.steps.len()],
            reciprocals: vec![None; p.steps.len()],
            safe: None,
            coords: Vec::new(),
            in_lane: None,
            slot: None,
            valid: None,
        };
        emit.varies = emit.varying();
        emit
    }

    /// Lays lanes along another dim. What arrays hold by lane is held no more.
    pub fn set_lanes(&mut self, lane: Option<usize>, width: usize) {
        self.lane = lane.filter(|_| width > 1);
        self.width = if self.lane.is_some() { width } else { 1 };
        self.varies = self.varying();
    }

    fn varying(&self) -> Vec<bool> {
        let mut varies: Vec<bool> = Vec::new();
        let Some(lane) = self.lane else { return vec![false; self.space.program.steps.len()] };
        let outer = self.space.program.outer.len();
        let along = |a: &Access| a.strides[lane] != 0 || is_bounded(a, lane, self.dims[lane]);
        let input = |i: u32| &self.space.program.inputs[i as usize].access;
        for step in &self.space.program.steps {
            let of = |v: &Value| varies[v.0 as usize];
            let differs = match &step.op {
                StepOp::Load(i) => along(input(*i)),
                StepOp::Index { input: i, index, .. } => along(input(*i)) || of(index),
                StepOp::Iota(a) => a.strides[lane] != 0,
                StepOp::Const(_) | StepOp::Arg(_) => false,
                StepOp::Apply(_, args) => args.iter().any(of),
                StepOp::Cast(v) | StepOp::Check(v, _) => of(v),
                StepOp::Reduce(..) => lane < outer,
            };
            varies.push(differs);
        }
        varies
    }

    /// The kernel, and what to pass for its parameters.
    pub fn finish(mut self, name: &str, block: [u32; 3], grid: u32) -> (Kernel, Vec<ParamSource>) {
        let (body, shared) = std::mem::replace(&mut self.w, Writer::new()).finish();
        let sources = self.params.iter().map(|p| p.0.clone()).collect();
        let params = self.params.into_iter().map(|(_, mode, array)| Param::Array { mode, array }).collect();
        let grid = [Size::Literal(grid.into()), Size::Literal(1), Size::Literal(1)];
        let mut kernel = Kernel {
            // A parameter of a model is one buffer as an update's input and another as its result, and both are one place.
            aliased: true,
            name: name.into(),
            file: "fused".into(),
            params,
            dims: Vec::new(),
            arguments: Vec::new(),
            block,
            grid,
            shared,
            functions: Vec::new(),
            body: Body::default(),
        };
        kernel.body = body;
        crate::kernel::range::prove(&mut kernel);
        (kernel, sources)
    }

    /// The parameter that is the error record.
    fn record(&mut self) -> u32 {
        let found = self.params.iter().position(|p| p.0 == ParamSource::Guard);
        found.unwrap_or_else(|| {
            self.params.push((ParamSource::Guard, Mode::InOut, array("record".into(), ScalarType::U64, 3)));
            self.params.len() - 1
        }) as u32
    }

    /// Ends the thread if something has failed before.
    pub fn guard(&mut self) {
        let record = Storage::Param(self.record());
        let key = self.w.load("key", ScalarType::U64, at(record, size(0)));
        let none = Expr::int(ScalarType::U64, u64::MAX as i128);
        self.w.open();
        self.w.push(StmtNode::Return(Vec::new()));
        self.w.close_if(Some(compare(Intrinsic::Ne, key, none)));
    }

    pub fn level(&self, step: usize) -> Level {
        self.space.program.steps[step].level
    }

    pub fn dtype(&self, v: Value) -> DType {
        self.space.program.steps[v.0 as usize].dtype
    }

    /// The index along a dim, of this lane.
    pub(super) fn coord(&self, d: usize) -> Expr {
        match &self.in_lane {
            Some(j) if self.lane == Some(d) => add(self.coords[d].clone(), j.clone()),
            _ => self.coords[d].clone(),
        }
    }

    /// The value of a step here.
    pub fn value(&mut self, v: Value) -> Expr {
        let step = v.0 as usize;
        match self.held[step].clone() {
            Some(Held::One(e)) => e,
            Some(Held::Many { array, slotted }) => {
                let i = self.element(step, slotted);
                let ty = self.w.body.arrays[array as usize].element;
                self.w.load(&format!("v{step}"), ty, at(Storage::Local(array), i))
            }
            Some(Held::Shared { array, first }) => {
                let i = add(first, self.in_lane.clone().unwrap_or(size(0)));
                self.w.load(&format!("v{step}"), self.dtype(v).into(), at(array, i))
            }
            None => {
                self.step(step);
                match self.held[step].clone() {
                    Some(Held::One(e)) => e,
                    _ => zero(self.dtype(v)),
                }
            }
        }
    }

    /// The element of an array that holds a step's value here.
    fn element(&self, step: usize, slotted: bool) -> Expr {
        let lanes = if self.varies[step] { self.width } else { 1 };
        let lane = self.in_lane.clone().filter(|_| self.varies[step]).unwrap_or(size(0));
        match &self.slot {
            Some(k) if slotted => add(mul(k.clone(), size(lanes)), lane),
            _ => lane,
        }
    }

    /// Puts a value into an array that holds it by slot and lane.
    pub fn keep(&mut self, step: usize, array: u32, slotted: bool) {
        let value = self.value(Value(step as u32));
        let i = self.element(step, slotted);
        self.w.store(at(Storage::Local(array), i), value);
    }

    /// How many elements an array for a step's values has.
    pub fn lanes_of(&self, step: usize) -> usize {
        if self.varies[step] { self.width } else { 1 }
    }

    /// Runs `f` for every lane: in a loop if there are several.
    pub fn each_lane(&mut self, f: impl FnOnce(&mut Self)) {
        if self.lane.is_none() {
            return f(self);
        }
        let held = self.held.clone();
        let (var, j) = self.w.begin_loop("j");
        self.in_lane = Some(j);
        f(self);
        self.in_lane = None;
        self.w.end_loop(var, self.width);
        self.held = held;
    }

    /// Runs `f` for each of `n` slots: in a loop if there are several. What it computes is held by nobody after.
    pub fn each_slot(&mut self, n: usize, f: impl FnOnce(&mut Self, Expr)) {
        let (held, coords) = (self.held.clone(), self.coords.clone());
        if n == 1 {
            self.slot = Some(size(0));
            f(self, size(0));
        } else {
            let (var, k) = self.w.begin_loop("k");
            self.slot = Some(k.clone());
            f(self, k);
            self.w.end_loop(var, n);
        }
        self.slot = None;
        (self.held, self.coords) = (held, coords);
    }

    /// Runs `f` where `cond` holds. What it computes is held by nobody after.
    pub fn only_if(&mut self, cond: Option<Expr>, f: impl FnOnce(&mut Self)) {
        let held = self.held.clone();
        self.w.open();
        f(self);
        self.w.close_if(cond);
        self.held = held;
    }

    /// Loads a step's value at this slot into an array of all slots.
    pub fn fetch(&mut self, step: usize, array: u32) {
        if self.varies[step] && self.is_vector_step(step) {
            self.load_vector(step);
        }
        match self.varies[step] {
            true => self.each_lane(|e| e.keep(step, array, true)),
            false => self.keep(step, array, true),
        }
        self.held[step] = None;
    }

    /// Computes steps that are the same for all lanes, and loads those that are loaded for all lanes at once.
    pub fn prepare(&mut self, steps: &[usize]) {
        for &step in steps {
            if self.held[step].is_some() {
                continue;
            }
            if !self.varies[step] {
                self.step(step);
            } else if self.is_vector_step(step) {
                self.load_vector(step);
            }
        }
    }

    /// Computes steps at this lane.
    pub fn compute(&mut self, steps: &[usize]) {
        for &step in steps {
            if self.held[step].is_none() {
                self.step(step);
            }
        }
    }

    fn step(&mut self, step: usize) {
        let s = self.space.program.steps[step].clone();
        let ty = ScalarType::from(s.dtype);
        let name = format!("v{step}");
        let value = match &s.op {
            StepOp::Load(i) => self.load(&name, *i, size(0), None),
            StepOp::Index { input, index, stride, len, check } => {
                let index = self.value(*index);
                let index = self.w.bind("i", index);
                let inside = self.in_range(&index, *len);
                self.fail_unless(inside.clone(), *check, index.clone(), s.level);
                let moved = mul(cast(ScalarType::Usize, index), size(stride.unsigned_abs()));
                let moved = if *stride < 0 { sub(size(0), moved) } else { moved };
                self.load(&name, *input, moved, Some(inside))
            }
            StepOp::Iota(a) => {
                let place = self.place(a.offset, &a.strides);
                self.w.bind(&name, cast(ScalarType::I64, place))
            }
            StepOp::Const(c) => constant(c),
            StepOp::Arg(i) => {
                let args = self.params.iter().position(|p| p.0 == ParamSource::Args).unwrap_or(0);
                let arg = self.w.load("arg", ScalarType::F64, at(Storage::Param(args as u32), size(*i as usize)));
                self.w.bind(&name, cast(ty, arg))
            }
            StepOp::Apply(Intrinsic::Div, args) if self.reciprocals[args[1].0 as usize].is_some() => {
                self.quotient(&name, ty, args[0], args[1])
            }
            StepOp::Apply(op, args) => {
                let args = args.iter().map(|v| self.value(*v)).collect();
                self.w.bind(&name, apply(*op, ty, args))
            }
            StepOp::Cast(v) => {
                let v = self.value(*v);
                self.w.bind(&name, cast(ty, v))
            }
            StepOp::Check(v, check) => {
                let v = self.value(*v);
                self.fail_unless(v.clone(), *check, Expr::int(ScalarType::I64, 0), s.level);
                v
            }
            StepOp::Reduce(..) => zero(s.dtype),
        };
        self.held[step] = Some(Held::One(value));
    }

    pub(super) fn in_range(&mut self, index: &Expr, len: i64) -> Expr {
        let len = Expr::int(ScalarType::U64, len.max(0).into());
        let inside = less(cast(ScalarType::U64, index.clone()), len);
        self.w.bind("inside", inside)
    }

    /// Keeps a failure of a check at this point.
    pub(super) fn fail_unless(&mut self, holds: Expr, check: Check, value: Expr, level: Level) {
        let record = self.record();
        let number = if level == Level::Full { &self.space.number } else { &self.space.outer_number };
        let place = cast(ScalarType::U64, self.place(0, number));
        let key = add(Expr::int(ScalarType::U64, i128::from(check.id) << 44), place);
        self.w.open();
        self.w.push(StmtNode::Fail { record, key, value });
        let cond = all(self.valid.clone().into_iter().chain(self.first(level)).chain([not(holds)]));
        self.w.close_if(cond);
    }

    /// In a map, values of the outer level are at the row's first elements.
    pub(super) fn first(&self, level: Level) -> Vec<Expr> {
        let row = (0..self.dims.len()).filter(|d| level == Level::Outer && *d < self.space.program.outer.len());
        let row = row.filter(|d| self.space.first_row[*d]);
        row.map(|d| compare(Intrinsic::Eq, self.coord(d), size(0))).collect()
    }

    /// The indices of dims (last fastest) for the number `n` of a point.
    pub fn unravel(&mut self, n: Expr, dims: &[(usize, usize)], name: &str) -> Vec<Expr> {
        let mut rest = self.w.bind(name, n);
        let mut coords = vec![size(0); dims.len()];
        for (i, (len, step)) in dims.iter().enumerate().rev() {
            let own = if i == 0 { rest.clone() } else { rem(rest.clone(), *len) };
            coords[i] = self.w.bind(&format!("i{i}"), mul(own, size(*step)));
            if i > 0 {
                rest = self.w.bind(name, div(rest, *len));
            }
        }
        coords
    }
}

/// A literal.
pub(super) fn constant(c: &Const) -> Expr {
    let ty = ScalarType::from(c.dtype);
    match c.scalar() {
        Scalar::Float(x) => Expr { ty, node: ExprNode::Float(x) },
        Scalar::Int(x) if ty == ScalarType::Bool => Expr::bool(x != 0),
        Scalar::Int(x) => Expr::int(ty, x.into()),
    }
}

pub(super) fn zero(dtype: DType) -> Expr {
    constant(&Const::new(dtype, 0.0))
}
